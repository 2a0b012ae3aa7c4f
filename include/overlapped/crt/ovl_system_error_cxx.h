/* SPDX-License-Identifier: MIT */
/* std::system_category is that of Windows' error codes: messages are FormatMessage's, and codes that have a
 * meaning of POSIX compare equal to it. libstdc++'s own, with errno, remains for what is compiled there. */
#ifndef OVL_SYSTEM_ERROR_CXX_H
#define OVL_SYSTEM_ERROR_CXX_H
#include <string>

extern "C" unsigned ovl_cxx_format_message(unsigned, const void *, unsigned, unsigned, char *, unsigned,
                                           __builtin_va_list *) __asm__("FormatMessageA");

namespace std
{
struct ovl_windows_category final : error_category {
    const char *name() const noexcept override
    {
        return "system";
    }
    string message(int code) const override
    {
        char text[512];
        /* From the system, without inserts. */
        unsigned length =
            ovl_cxx_format_message(0x1200, nullptr, static_cast<unsigned>(code), 0, text, sizeof text, nullptr);
        while (length && (text[length - 1] == '\r' || text[length - 1] == '\n' || text[length - 1] == ' '))
            length--;
        return length ? string(text, length) : string("unknown error");
    }
    error_condition default_error_condition(int code) const noexcept override
    {
        errc known = condition(code);
        return known == errc() && code ? error_condition(code, *this) : make_error_condition(known);
    }

private:
    static errc condition(int code) noexcept
    {
        switch (code) {
        case 1: /* INVALID_FUNCTION */
            return errc::function_not_supported;
        case 2: case 3: case 53: case 67: case 123: /* FILE, PATH_NOT_FOUND, BAD_NETPATH, BAD_NET_NAME, INVALID_NAME */
            return errc::no_such_file_or_directory;
        case 4: case 10024: /* TOO_MANY_OPEN_FILES */
            return errc::too_many_files_open;
        case 5: case 12: case 16: case 19: case 32: case 82: case 998: case 10013: /* ACCESS_DENIED and its kin */
            return errc::permission_denied;
        case 6: case 87: case 131: case 267: case 10022: /* INVALID_HANDLE, INVALID_PARAMETER, NEGATIVE_SEEK, DIRECTORY */
            return errc::invalid_argument;
        case 8: case 14: /* NOT_ENOUGH_MEMORY, OUTOFMEMORY */
            return errc::not_enough_memory;
        case 15: case 20: case 55: /* INVALID_DRIVE, BAD_UNIT, DEV_NOT_EXIST */
            return errc::no_such_device;
        case 17: /* NOT_SAME_DEVICE */
            return errc::cross_device_link;
        case 21: case 1237: /* NOT_READY, RETRY */
            return errc::resource_unavailable_try_again;
        case 25: case 29: case 30: case 110: case 1011: case 1012: case 1013: /* SEEK, READ_FAULT, WRITE_FAULT, CANTREAD ... */
            return errc::io_error;
        case 33: case 212: /* LOCK_VIOLATION, LOCKED */
            return errc::no_lock_available;
        case 39: case 112: /* HANDLE_DISK_FULL, DISK_FULL */
            return errc::no_space_on_device;
        case 50: /* NOT_SUPPORTED */
            return errc::not_supported;
        case 80: case 183: /* FILE_EXISTS, ALREADY_EXISTS */
            return errc::file_exists;
        case 109: /* BROKEN_PIPE */
            return errc::broken_pipe;
        case 111: case 206: case 10063: /* BUFFER_OVERFLOW, FILENAME_EXCED_RANGE */
            return errc::filename_too_long;
        case 142: case 170: case 2401: case 2404: /* BUSY_DRIVE, BUSY, OPEN_FILES, DEVICE_IN_USE */
            return errc::device_or_resource_busy;
        case 145: /* DIR_NOT_EMPTY */
            return errc::directory_not_empty;
        case 995: /* OPERATION_ABORTED */
            return errc::operation_canceled;
        case 10004: return errc::interrupted;
        case 10009: return errc::bad_file_descriptor;
        case 10014: return errc::bad_address;
        case 10035: return errc::operation_would_block;
        case 10036: return errc::operation_in_progress;
        case 10037: return errc::connection_already_in_progress;
        case 10038: return errc::not_a_socket;
        case 10039: return errc::destination_address_required;
        case 10040: return errc::message_size;
        case 10041: return errc::wrong_protocol_type;
        case 10042: return errc::no_protocol_option;
        case 10043: return errc::protocol_not_supported;
        case 10045: return errc::operation_not_supported;
        case 10047: return errc::address_family_not_supported;
        case 10048: return errc::address_in_use;
        case 10049: return errc::address_not_available;
        case 10050: return errc::network_down;
        case 10051: return errc::network_unreachable;
        case 10052: return errc::network_reset;
        case 10053: return errc::connection_aborted;
        case 10054: return errc::connection_reset;
        case 10055: return errc::no_buffer_space;
        case 10056: return errc::already_connected;
        case 10057: return errc::not_connected;
        case 10060: return errc::timed_out;
        case 10061: return errc::connection_refused;
        case 10065: return errc::host_unreachable;
        default: return errc();
        }
    }
};

inline namespace _V2
{
inline const error_category &system_category() noexcept
{
    static const ovl_windows_category category{};
    return category;
}
}
}

#endif
