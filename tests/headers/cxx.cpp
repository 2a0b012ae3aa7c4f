// SPDX-License-Identifier: MIT
// A Windows program in C++: std::wstring of 16-bit units, the standard headers beside windows.h, old
// annotations, min and max, interlocked operations on unsigned types, wmain in C++ linkage.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>
#include <system_error>
#include <winsock2.h>
#include <windows.h>
#include <tchar.h>
#include <functional>
#include <regex>

static int failures;
#define CHECK(condition)                                                               \
    do {                                                                               \
        if (!(condition)) {                                                            \
            failures++;                                                                \
            std::cout << "not ok - " << __LINE__ << ": " << #condition << std::endl;   \
        }                                                                              \
    } while (0)

static DWORD annotated(__in DWORD in, __out DWORD *out, _In_opt_ LPCWSTR text)
{
    *out = in;
    return text ? (DWORD)wcslen(text) : 0;
}

static void wide_strings()
{
    std::wstring text = L"a string that is longer than the small buffer";
    text += L" \u20ac";
    text.insert(0, 3, L'x').append(std::wstring(2, L'y'));
    CHECK(text.size() == wcslen(text.c_str()) && text.size() == 52);
    CHECK(text.find(L'\u20ac') == 49 && text.substr(0, 4) == L"xxxa");
    std::map<std::wstring, int> sizes{{L"b", 1}, {L"a", 2}};
    CHECK(sizes.begin()->first == L"a" && sizes[L"b"] == 1);
    std::vector<std::wstring> sorted{L"z", text, L"a"};
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted.front() == L"a" && sorted.back() == L"z");
    std::unordered_map<std::wstring, int> hashed{{L"key", 3}};
    CHECK(hashed[L"key"] == 3);
    size_t used = 0;
    CHECK(std::to_wstring(-42) == L"-42" && std::to_wstring(2.5) == L"2.500000");
    CHECK(std::stoi(L" 77x", &used) == 77 && used == 3 && std::stoull(L"ff", nullptr, 16) == 255 && std::stod(L"1.5") == 1.5);
    int thrown = 0;
    try {
        std::stoi(L"3000000000");
    } catch (const std::out_of_range &) {
        thrown += 1;
    }
    try {
        std::stod(L"none");
    } catch (const std::invalid_argument &) {
        thrown += 10;
    }
    CHECK(thrown == 11);
    static_assert(sizeof(std::wstring::value_type) == 2, "16 bits");
}

static void guarded()
{
    int steps = 0;
    __try {
        steps = 1;
        __leave;
        steps = 100;
    }
    __finally {
        steps += 10;
    }
    CHECK(steps == 11);
    try {
        std::vector<int>().at(1);
        steps = 0;
    } catch (const std::out_of_range &) {
        steps = 5;
    }
    CHECK(steps == 5);
}

// Names with a drive and backslashes, narrow and wide, in streams of both kinds.
static void file_streams()
{
    wchar_t folder[MAX_PATH];
    GetTempPathW(MAX_PATH, folder);
    std::wstring path = std::wstring(folder) + L"cxx_\u20ac_" + std::to_wstring(GetCurrentProcessId());
    std::ofstream out(path.c_str());
    out << "one\n";
    out.close();
    CHECK(out && GetFileAttributesW(path.c_str()) != INVALID_FILE_ATTRIBUTES);
    char narrow[MAX_PATH];
    WideCharToMultiByte(CP_UTF8, 0, path.c_str(), -1, narrow, MAX_PATH, NULL, NULL);
    std::fstream both(narrow, std::ios::in | std::ios::out | std::ios::app);
    both << "two\n";
    both.seekg(0);
    std::string line;
    CHECK(std::getline(both, line) && line == "one" && std::getline(both, line) && line == "two");
    both.close();
    std::wifstream wide;
    wide.open(path);
    std::wstring text;
    CHECK(wide >> text && text == L"one");
    std::filebuf buffer;
    CHECK(buffer.open(path.c_str(), std::ios::in | std::ios::ate) && buffer.pubseekoff(0, std::ios::cur) == std::streamoff(8));
    buffer.close();
    std::ofstream(path.c_str(), std::ios::trunc).flush();
    CHECK(std::ifstream(path.c_str()).get() == EOF && !std::ifstream(path.c_str(), std::ios::in | std::ios::trunc));
    std::filesystem::path name(L"/tmp/d\u20ac");
    name /= L"f.txt";
    CHECK(name.wstring() == L"/tmp/d\u20ac/f.txt" && name.filename().generic_wstring() == L"f.txt" && name.string().size() == 15);
    CHECK(DeleteFileW(path.c_str()) && !std::ifstream(path.c_str()) && !std::ifstream(narrow));
}

// A std::error_code of GetLastError's: its text, and what it compares equal to.
static void error_codes()
{
    std::error_code code(ERROR_SHARING_VIOLATION, std::system_category());
    CHECK(code == std::errc::permission_denied && code != std::errc::broken_pipe && std::string(code.category().name()) == "system");
    CHECK(std::error_code(WSAECONNRESET, std::system_category()) == std::errc::connection_reset);
    CHECK(std::error_code(ERROR_IO_PENDING, std::system_category()).default_error_condition().category() == std::system_category());
    CHECK(!std::error_code() && std::error_code() == std::error_code(0, std::system_category()));
    std::string text = std::system_category().message(ERROR_ACCESS_DENIED);
    CHECK(text == "Access is denied." && std::system_category().message(0x2fffffff) == "unknown error");
    std::string thrown;
    try {
        throw std::system_error(ERROR_FILE_NOT_FOUND, std::system_category(), "open");
    } catch (const std::system_error &e) {
        thrown = e.what();
        CHECK(e.code() == std::errc::no_such_file_or_directory);
    }
    CHECK(thrown == "open: The system cannot find the file specified.");
    std::error_code missing;
    CHECK(std::filesystem::file_size("/no/such", missing) == static_cast<std::uintmax_t>(-1));
    CHECK(missing == std::errc::no_such_file_or_directory);
}

int wmain(int argc, wchar_t *argv[])
{
    DWORD got = 0;
    CHECK(argc == 2 && std::wstring(argv[1]) == L"\u00e9");
    CHECK(annotated(5, &got, L"abc") == 3 && got == 5);
    CHECK(min(3, 4u) == 3 && max(1.5, 2) == 2 && (std::min)(1, 2) == 1);
#ifndef __clang__
    CHECK(0xFFFFFFFFFFFFFFFFui64 == ~0ull && -5i64 * 10000000 == -50000000 && sizeof(1ui32) == 4);
#endif
    wide_strings();
    file_streams();
    error_codes();
    guarded();
    volatile ULONG unsigned_count = 0;
    volatile LONG count = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            for (int k = 0; k < 1000; k++) {
                InterlockedIncrement(&count);
                InterlockedIncrement(&unsigned_count);
            }
        });
    for (auto &t : threads)
        t.join();
    CHECK(count == 4000 && unsigned_count == 4000);
    wchar_t buffer[20];
    CHECK(swprintf_s(buffer, L"%s-%d", L"x", 7) == 3 && std::wstring(buffer) == L"x-7");
    std::ostringstream stream;
    stream << 1.5 << std::string("z");
    CHECK(stream.str() == "1.5z" && std::regex_match("ab12", std::regex("[a-z]+\\d+")));
    std::cout << (failures ? "not ok" : "ok") << " - C++ beside windows.h" << std::endl;
    return failures != 0;
}
