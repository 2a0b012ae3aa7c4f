/* SPDX-License-Identifier: MIT */
/* `ovl driver check`: reads the symbol table of a driver (or of its objects, before they are linked) and says which routines it asks
 * for, whose they are, and which nobody has. */
#include "ovl.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const unsigned char *bytes;
    size_t size;
    const Elf64_Ehdr *header;
    const Elf64_Shdr *sections;
};

/* `length` bytes at `offset`, or NULL: the file does not have them. */
static const void *image_at(const struct image *image, uint64_t offset, uint64_t length)
{
    return offset > image->size || length > image->size - offset ? NULL : image->bytes + offset;
}

static int image_open(const char *path, struct image *image)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        if (fd >= 0)
            close(fd);
        return complain("%s: %s", path, strerror(errno));
    }
    image->size = (size_t)status.st_size;
    image->bytes = image->size == 0 ? MAP_FAILED : mmap(NULL, image->size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (image->bytes == MAP_FAILED)
        return complain("%s: it cannot be read", path);
    const Elf64_Ehdr *header = image->header = image_at(image, 0, sizeof *header);
    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB || (header->e_type != ET_DYN && header->e_type != ET_REL) ||
        header->e_shentsize != sizeof(Elf64_Shdr))
        return complain("%s: this is no driver: neither a shared object nor an object file", path);
    image->sections = image_at(image, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr));
    return image->sections == NULL ? complain("%s: its sections are cut off", path) : 0;
}

static const Elf64_Shdr *section_of_type(const struct image *image, uint32_t type)
{
    for (unsigned i = 0; i < image->header->e_shnum; i++)
        if (image->sections[i].sh_type == type)
            return &image->sections[i];
    return NULL;
}

struct symbols {
    const Elf64_Sym *table;
    size_t count;
    const char *strings;
    size_t strings_size;
};

/* The dynamic symbols of a shared object, all of an object file. */
static int symbols_find(const char *path, const struct image *image, struct symbols *symbols)
{
    const Elf64_Shdr *table = section_of_type(image, image->header->e_type == ET_DYN ? SHT_DYNSYM : SHT_SYMTAB);
    if (table == NULL || table->sh_link >= image->header->e_shnum)
        return complain("%s: it has no symbols", path);
    const Elf64_Shdr *strings = &image->sections[table->sh_link];
    symbols->table = image_at(image, table->sh_offset, table->sh_size);
    symbols->count = table->sh_size / sizeof(Elf64_Sym);
    symbols->strings = image_at(image, strings->sh_offset, strings->sh_size);
    symbols->strings_size = strings->sh_size;
    if (symbols->table == NULL || symbols->strings == NULL || strings->sh_size == 0 ||
        symbols->strings[strings->sh_size - 1] != '\0')
        return complain("%s: its symbols are cut off", path);
    return 0;
}

/* ---- Whose a name is ---------------------------------------------------------------------------------------------- */

enum owner { OWNER_KERNEL, OWNER_FRAMEWORK, OWNER_USB, OWNER_OTHER, OWNER_NOBODY, OWNERS };

static int is_ours(const void *address)
{
    Dl_info info, own;
    return dladdr(address, &info) != 0 && dladdr(dlsym(RTLD_DEFAULT, "IofCompleteRequest"), &own) != 0 &&
           info.dli_fbase == own.dli_fbase;
}

static enum owner owner_of(const char *name)
{
    const void *address = dlsym(RTLD_DEFAULT, name);
    if (address == NULL)
        return OWNER_NOBODY;
    if (!is_ours(address))
        return OWNER_OTHER;
    if (strncmp(name, "ovl_Wdf", 7) == 0)
        return OWNER_FRAMEWORK;
    return strncmp(name, "USBD_", 5) == 0 ? OWNER_USB : OWNER_KERNEL;
}

struct names {
    const char **list;
    size_t count;
};

static int name_order(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void names_print(const char *title, struct names *names)
{
    size_t column = 0;
    if (names->count == 0)
        return;
    qsort(names->list, names->count, sizeof *names->list, name_order);
    printf("  %-10s %3zu ", title, names->count);
    for (size_t i = 0; i < names->count; i++) {
        const char *name = strncmp(names->list[i], "ovl_Wdf", 7) == 0 ? names->list[i] + 4 : names->list[i];
        if (column != 0 && column + strlen(name) > 100) {
            printf("\n%*s", 17, "");
            column = 0;
        }
        column += (size_t)printf(" %s", name);
    }
    putchar('\n');
}

static int report(const char *path, const struct symbols *symbols)
{
    static const char *const titles[OWNERS] = {"kernel", "framework", "USB", "C", "missing"};
    struct names names[OWNERS] = {{NULL, 0}};
    int has_entry = 0, status = 0;
    for (int i = 0; i < OWNERS; i++)
        if ((names[i].list = calloc(symbols->count + 1, sizeof *names[i].list)) == NULL)
            return complain("no memory");
    for (size_t i = 1; i < symbols->count; i++) {
        const Elf64_Sym *symbol = &symbols->table[i];
        const char *name = symbol->st_name < symbols->strings_size ? symbols->strings + symbol->st_name : "";
        has_entry |= symbol->st_shndx != SHN_UNDEF && strcmp(name, "DriverEntry") == 0;
        if (symbol->st_shndx != SHN_UNDEF || *name == '\0' || strcmp(name, "_GLOBAL_OFFSET_TABLE_") == 0)
            continue;
        enum owner owner = owner_of(name);
        if (owner == OWNER_NOBODY && ELF64_ST_BIND(symbol->st_info) == STB_WEAK)
            continue; /* it does without */
        names[owner].list[names[owner].count++] = name;
    }
    printf("%s:\n", path);
    for (int i = 0; i < OWNERS; i++)
        names_print(titles[i], &names[i]);
    if (!has_entry)
        printf("  it has no DriverEntry\n");
    status = names[OWNER_NOBODY].count != 0 || !has_entry;
    for (int i = 0; i < OWNERS; i++)
        free(names[i].list);
    return status;
}

static int check(const char *path)
{
    struct image image = {.size = 0};
    struct symbols symbols = {.count = 0};
    int status = image_open(path, &image);
    if (status == 0)
        status = symbols_find(path, &image, &symbols);
    return status != 0 ? status : report(path, &symbols);
}

int command_driver(int argc, char **argv)
{
    int worst = 0;
    if (argc < 3 || strcmp(argv[1], "check") != 0)
        return complain("usage: ovl driver check D.so|D.o ...");
    for (int i = 2; i < argc; i++) {
        int status = check(argv[i]);
        worst = status > worst ? status : worst;
    }
    return worst;
}
