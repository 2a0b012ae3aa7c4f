/* SPDX-License-Identifier: MIT */
/* Names of files for C++ streams: 16-bit ones, and those that are written the Windows way. Included at the
 * end of <fstream>. */
#ifndef OVL_WFSTREAM_CXX_H
#define OVL_WFSTREAM_CXX_H

extern "C" int ovl_crt_stream_open(const char *name, unsigned mode);
extern "C" int close(int);

namespace std
{
/* Takes the place of libstdc++'s, also for what is compiled there: it is found in the program first. */
__attribute__((__used__)) inline __basic_file<char> *
__basic_file<char>::open(const char *name, ios_base::openmode mode, int)
{
    if (is_open())
        return nullptr;
    int fd = ovl_crt_stream_open(name, (mode & ios_base::in ? 1u : 0) | (mode & ios_base::out ? 2u : 0) |
                                           (mode & ios_base::trunc ? 4u : 0) | (mode & ios_base::app ? 8u : 0));
    if (fd < 0)
        return nullptr;
    __basic_file *opened = sys_open(fd, mode);
    if (!opened)
        ::close(fd);
    return opened;
}

template <typename C, typename T>
basic_filebuf<C, T> *basic_filebuf<C, T>::open(const wchar_t *name, ios_base::openmode mode)
{
    size_t bytes = wcstombs(nullptr, name, 0);
    if (bytes == static_cast<size_t>(-1))
        return nullptr;
    string text(bytes, 0);
    wcstombs(&text[0], name, bytes);
    return this->open(text.c_str(), mode);
}

/* The classes for char are libstdc++'s, which has these members on Windows only. */
template basic_filebuf<char> *basic_filebuf<char>::open(const wchar_t *, ios_base::openmode);
template basic_ifstream<char>::basic_ifstream(const wchar_t *, ios_base::openmode);
template void basic_ifstream<char>::open(const wchar_t *, ios_base::openmode);
template basic_ofstream<char>::basic_ofstream(const wchar_t *, ios_base::openmode);
template void basic_ofstream<char>::open(const wchar_t *, ios_base::openmode);
template basic_fstream<char>::basic_fstream(const wchar_t *, ios_base::openmode);
template void basic_fstream<char>::open(const wchar_t *, ios_base::openmode);

}

#endif
