/* SPDX-License-Identifier: MIT */
/* Where a report's address lies: the module by the dynamic linker, the function by the file's own symbol table (a driver's callbacks are
 * static, the dynamic one does not know them), the line by verify_line.c. */
#include "wdm/verify_place.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const uint8_t *data;
    size_t size;
    const ElfW(Shdr) *sections;
    unsigned count;
    const char *names;
    size_t names_size;
};

static bool image_open(const char *path, struct image *image)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    void *data = fstat(fd, &status) != 0 || status.st_size < (off_t)sizeof(ElfW(Ehdr))
                     ? MAP_FAILED
                     : mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED)
        return false;
    const ElfW(Ehdr) *header = data;
    *image = (struct image){.data = data, .size = (size_t)status.st_size};
    bool good = memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_shentsize == sizeof(ElfW(Shdr)) &&
                header->e_shoff <= image->size && (image->size - header->e_shoff) / sizeof(ElfW(Shdr)) >= header->e_shnum &&
                header->e_shstrndx < header->e_shnum;
    if (!good) {
        munmap(data, image->size);
        return false;
    }
    image->sections = (const ElfW(Shdr) *)(image->data + header->e_shoff);
    image->count = header->e_shnum;
    const ElfW(Shdr) *names = &image->sections[header->e_shstrndx];
    if (names->sh_offset <= image->size && names->sh_size <= image->size - names->sh_offset && names->sh_size != 0) {
        image->names = (const char *)image->data + names->sh_offset;
        image->names_size = names->sh_size;
    }
    return true;
}

static const ElfW(Shdr) *image_section(const struct image *image, const char *name)
{
    for (unsigned i = 0; i < image->count; i++) {
        const ElfW(Shdr) *section = &image->sections[i];
        if (section->sh_name < image->names_size &&
            strncmp(image->names + section->sh_name, name, image->names_size - section->sh_name) == 0 &&
            section->sh_type != SHT_NOBITS && section->sh_offset <= image->size &&
            section->sh_size <= image->size - section->sh_offset && !(section->sh_flags & SHF_COMPRESSED))
            return section;
    }
    return NULL;
}

static struct verify_section image_data(const struct image *image, const char *name)
{
    const ElfW(Shdr) *section = image_section(image, name);
    return section == NULL ? (struct verify_section){NULL, 0}
                           : (struct verify_section){image->data + section->sh_offset, section->sh_size};
}

static void function_find(const struct image *image, uint64_t address, struct verify_place *place)
{
    const ElfW(Shdr) *table = image_section(image, ".symtab");
    struct verify_section strings = image_data(image, ".strtab");
    if (table == NULL || strings.size == 0)
        return;
    const ElfW(Sym) *symbols = (const ElfW(Sym) *)(image->data + table->sh_offset);
    for (size_t i = 0; i < table->sh_size / sizeof *symbols; i++) {
        const ElfW(Sym) *symbol = &symbols[i];
        if ((symbol->st_info & 0xf) != STT_FUNC || address < symbol->st_value ||
            address - symbol->st_value >= symbol->st_size || symbol->st_name >= strings.size)
            continue;
        snprintf(place->function, sizeof place->function, "%.*s", (int)(strings.size - symbol->st_name),
                 (const char *)strings.data + symbol->st_name);
        place->offset = address - symbol->st_value;
        return;
    }
}

bool verify_place_find(const void *address, bool call, struct verify_place *place)
{
    Dl_info info;
    struct image image;
    memset(place, 0, sizeof *place);
    if (address == NULL)
        return false;
    const char *inside = (const char *)address - (call ? 1 : 0);
    if (dladdr(inside, &info) == 0 || info.dli_fname == NULL)
        return false;
    const char *slash = strrchr(info.dli_fname, '/');
    snprintf(place->module, sizeof place->module, "%s", slash == NULL ? info.dli_fname : slash + 1);
    place->offset = (uint64_t)(inside - (const char *)info.dli_fbase);
    if (image_open(info.dli_fname, &image)) {
        uint64_t at = place->offset; /* a shared object's first segment is at 0 */
        if (call) {
            function_find(&image, at + 1, place);
            if (place->function[0] != '\0' && place->offset == 0) { /* a function itself, no call of it */
                call = false;
                at++;
            }
        }
        place->offset = at;
        function_find(&image, at, place);
        if (!verify_line_find(image_data(&image, ".debug_line"), image_data(&image, ".debug_line_str"),
                              image_data(&image, ".debug_str"), at, place->file, sizeof place->file, &place->line))
            place->file[0] = '\0';
        munmap((void *)(uintptr_t)image.data, image.size);
    }
    if (place->function[0] == '\0' && info.dli_sname != NULL) {
        snprintf(place->function, sizeof place->function, "%s", info.dli_sname);
        place->offset = (uint64_t)(inside - (const char *)info.dli_saddr);
    }
    place->offset += call ? 1 : 0;
    return true;
}

void verify_place_print(const void *address, bool call, char *text, size_t size)
{
    struct verify_place place;
    text[0] = '\0';
    if (!verify_place_find(address, call, &place))
        return;
    int used = snprintf(text, size, "%s%s%s", place.module, place.function[0] == '\0' ? "" : "!", place.function);
    if (used >= 0 && (size_t)used < size && place.offset != 0)
        used += snprintf(text + used, size - (size_t)used, "+0x%llx", (unsigned long long)place.offset);
    if (used >= 0 && (size_t)used < size && place.file[0] != '\0')
        snprintf(text + used, size - (size_t)used, " (%s:%u)", place.file, place.line);
}
