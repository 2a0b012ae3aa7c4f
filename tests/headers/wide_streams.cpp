// SPDX-License-Identifier: MIT
// Wide streams of 16-bit units: numbers and text by the locale's facets, UTF-8 in files and on the standard streams, the
// conversions of <codecvt>, wide regular expressions.
#include <stdexcept> // first: it reads <string> in its middle
#include <windows.h>
#include <codecvt>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <regex>
#include <sstream>
#include <string>

static int failures;
#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) {                                                          \
            failures++;                                                              \
            std::cout << "not ok - " << __LINE__ << ": " << #condition << std::endl; \
        }                                                                            \
    } while (0)

static const char path[] = "wide_streams.tmp";

static std::string bytes_of_file()
{
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

static void numbers()
{
    std::wostringstream out;
    out << -42 << L' ' << 3.5 << " narrow " << std::hex << std::showbase << 255 << std::dec << std::setw(6) << std::setfill(L'*') << 7
        << std::boolalpha << true << L'\u4e16' << std::fixed << std::setprecision(2) << 0.125;
    CHECK(out.str() == L"-42 3.5 narrow 0xff*****7true\u4e160.12");
    int whole = 0;
    double real = 0;
    std::wstring word;
    bool truth = false;
    std::wistringstream in(L" 12 34.5 w\u00f6rd true x");
    in >> whole >> real >> word >> std::boolalpha >> truth;
    CHECK(in && whole == 12 && real == 34.5 && word == L"w\u00f6rd" && truth);
    in >> whole;
    CHECK(in.fail());
    in.clear();
    wchar_t letter = 0;
    CHECK(in >> letter && letter == L'x' && in.get() == std::char_traits<wchar_t>::eof());
    std::wstringstream lines(L"one\ntwo\r\n\nfour");
    size_t count = 0;
    for (std::wstring line; std::getline(lines, line);)
        count += line.size();
    CHECK(count == 3 + 4 + 0 + 4);
    std::tm day = {};
    day.tm_year = 126, day.tm_mon = 10, day.tm_mday = 27;
    std::wostringstream date;
    date << std::put_time(&day, L"%Y-%m-%d \u00e9");
    CHECK(date.str() == L"2026-11-27 \u00e9");
}

static void files()
{
    const std::wstring text = L"z\u00e9ro \u4e16 \xd83d\xde00";
    {
        std::wofstream file(path);
        file << text << L"\n" << 5 << std::endl << std::wstring(5000, L'\u20ac') << L'\xd83d' << L'\xde00';
    }
    CHECK(bytes_of_file().substr(0, 17) == "z\xc3\xa9ro \xe4\xb8\x96 \xf0\x9f\x98\x80\n5\n");
    {
        std::wifstream file(path);
        std::wstring line;
        CHECK(std::getline(file, line) && line == text);
        int five = 0;
        CHECK(file >> five && five == 5 && std::getline(file, line) && std::getline(file, line));
        CHECK(line.size() == 5002 && line[4999] == L'\u20ac' && line[5000] == 0xd83d && line[5001] == 0xde00 && !std::getline(file, line));
    }
    {
        std::ofstream broken(path, std::ios::binary);
        broken << "a\xff\xc3" << "b";
    }
    {
        std::wifstream file(path);
        std::wstring line;
        CHECK(std::getline(file, line) && line == L"a\ufffd\ufffdb");
    }
}

static void conversions()
{
    const std::wstring text = L"\u00fcber \xd83d\xde00";
    std::wstring_convert<std::codecvt_utf8_utf16<wchar_t>> both;
    CHECK(both.to_bytes(text) == "\xc3\xbc" "ber \xf0\x9f\x98\x80" && both.from_bytes(both.to_bytes(text)) == text);
    {
        std::wofstream file(path, std::ios::binary);
        const auto mode = static_cast<std::codecvt_mode>(std::little_endian | std::generate_header);
        file.imbue(std::locale(file.getloc(), new std::codecvt_utf16<wchar_t, 0x10ffff, mode>));
        file << L"a\u4e16";
    }
    CHECK(bytes_of_file() == std::string("\xff\xfe" "a\0\x16\x4e", 6));
    {
        std::wifstream file(path, std::ios::binary);
        file.imbue(std::locale(file.getloc(), new std::codecvt_utf16<wchar_t, 0x10ffff, std::consume_header>));
        std::wstring line;
        CHECK(std::getline(file, line) && line == L"a\u4e16");
    }
    {
        std::wofstream file(path);
        file.imbue(std::locale(std::locale::classic(), new std::codecvt_utf8<wchar_t, 0x10ffff, std::generate_header>));
        file << L"\u00e9";
    }
    CHECK(bytes_of_file() == "\xef\xbb\xbf\xc3\xa9");
    {
        std::wifstream file(path);
        file.imbue(std::locale(std::locale::classic(), new std::codecvt_utf8<wchar_t, 0x10ffff, std::consume_header>));
        std::wstring line;
        CHECK(std::getline(file, line) && line == L"\u00e9");
    }
    std::remove(path);
}

static void characters()
{
    const auto &types = std::use_facet<std::ctype<wchar_t>>(std::locale());
    CHECK(types.toupper(L'x') == L'X' && types.is(std::ctype_base::space, L' ') && !types.is(std::ctype_base::digit, L'x'));
    CHECK(std::isalpha(L'a', std::locale()) && types.narrow(L'\u4e16', '?') == '?' && types.widen('a') == L'a');
    std::wsmatch match;
    const std::wstring text = L"key\u00e9=value-123";
    CHECK(std::regex_match(text, match, std::wregex(L"(.+)=(\\w+)-(\\d+)")) && match[1] == L"key\u00e9" && match[3] == L"123");
    CHECK(std::regex_replace(text, std::wregex(L"[0-9]+"), L"#") == L"key\u00e9=value-#");
}

static void standard_streams()
{
    std::locale::global(std::locale(""));
    std::wcout.imbue(std::locale(""));
    std::wcout << L"wide \u4e16 \xd83d\xde00 " << 42 << std::endl;
    std::cout << "narrow" << std::endl;
    std::wcerr << L"" << std::flush;
    CHECK(std::wcout.good() && std::wcerr.good() && std::wclog.good());
    std::wstring line;
    CHECK(std::getline(std::wcin, line) && line == L"\u00e9 1");
    wchar_t one = 0, two = 0;
    CHECK(std::wcin.get(one) && std::wcin.get(two) && one == 0xd83d && two == 0xde00 && std::wcin.putback(two) && std::wcin.get() == 0xde00);
    int number = 0;
    CHECK(std::wcin >> number && number == 7 && !(std::wcin >> number) && std::wcin.eof());
}

int main()
{
    numbers();
    files();
    conversions();
    characters();
    /* What the test writes is what it reads: the program's own standard input. */
    FILE *typed = std::fopen(path, "w");
    CHECK(typed && std::fputs("\xc3\xa9 1\n\xf0\x9f\x98\x80 7", typed) >= 0 && std::fclose(typed) == 0 && std::freopen(path, "r", stdin));
    standard_streams();
    std::remove(path);
    return failures != 0;
}
