/* SPDX-License-Identifier: MIT */
/* The registry as a driver reads it: what its INF and its registry file wrote, what it writes itself; Zw*Key, RtlQueryRegistryValues,
 * device keys. */
#include <ntddk.h>
#include <usbdi.h>
#include <usbdlib.h>

#include "report.h"

static UNICODE_STRING Registry; /* DriverEntry's path */
static WCHAR RegistryBuffer[256];
static PDEVICE_OBJECT SeenPdo;
static BOOLEAN DeviceFriendly, DeviceFlags, DeviceGood, DeviceText, DeviceSoftware, DeviceExtra, DeviceClass, DeviceUsbd;

static NTSTATUS KeyOpen(HANDLE Root, PCWSTR Path, HANDLE *Key)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root, NULL);
    return ZwOpenKey(Key, KEY_ALL_ACCESS, &Attributes);
}

static HANDLE Parameters(VOID)
{
    HANDLE Service = NULL, Key = NULL;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Registry, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Service, KEY_READ, &Attributes)))
        KeyOpen(Service, L"parameters", &Key);
    ZwClose(Service);
    return Key;
}

/* The value is of that type and has exactly these bytes. */
static BOOLEAN ValueIs(HANDLE Key, PCWSTR Name, ULONG Type, const void *Data, ULONG Length)
{
    UCHAR Buffer[512];
    PKEY_VALUE_PARTIAL_INFORMATION Information = (PKEY_VALUE_PARTIAL_INFORMATION)Buffer;
    UNICODE_STRING String;
    ULONG Size;
    RtlInitUnicodeString(&String, Name);
    return ZwQueryValueKey(Key, &String, KeyValuePartialInformation, Buffer, sizeof Buffer, &Size) == STATUS_SUCCESS &&
           Information->Type == Type && Information->DataLength == Length &&
           RtlEqualMemory(Information->Data, Data, Length);
}
#define TEXT_IS(key, name, type, text) ValueIs(key, name, type, text, sizeof(text))

static VOID FilesTest(VOID)
{
    HANDLE Key = Parameters(), Below = NULL;
    static const UCHAR Bytes[] = {0xde, 0xad, 0xbe, 0xef}, Raw[] = {1, 2, 0xff};
    ULONG Number = 77, Sixteen = 16;
    ULONG64 Big = 0x100000000ULL, Large = 0x123456789abcdef0ULL;
    CHECK(Registry.Length == 2 * 63 && wcscmp(Registry.Buffer + 52, L"OvlRegistry") == 0, "the service is named by the INF");
    CHECK(Key != NULL, "the Parameters key opens");
    CHECK(ValueIs(Key, L"number", REG_DWORD, &Number, 4), "the registry file's value is there, whatever its case");
    CHECK(TEXT_IS(Key, L"Text", REG_SZ, L"semi;colon, \"quoted\" 100%"), "a quoted value of the INF");
    CHECK(TEXT_IS(Key, L"Several", REG_MULTI_SZ, L"one\0two\0"), "several strings");
    CHECK(ValueIs(Key, L"Bytes", REG_BINARY, Bytes, 4), "bytes");
    CHECK(TEXT_IS(Key, L"Path", REG_EXPAND_SZ, L"%SystemRoot%\\System32"), "percent signs");
    CHECK(TEXT_IS(Key, L"Added", REG_SZ, L"it has \"quotes\" and a \\"), "a text of the registry file");
    CHECK(KeyOpen(Key, L"BELOW", &Below) == STATUS_SUCCESS, "a key below");
    CHECK(ValueIs(Below, L"Big", REG_QWORD, &Big, 8), "eight bytes of the INF");
    CHECK(ValueIs(Below, L"Large", REG_QWORD, &Large, 8), "eight bytes of the registry file");
    CHECK(ValueIs(Below, L"Raw", REG_BINARY, Raw, 3), "bytes of the registry file");
    CHECK(TEXT_IS(Below, L"List", REG_MULTI_SZ, L"a\0b\0"), "strings of the registry file");
    CHECK(ValueIs(Below, L"odd = name", REG_DWORD, &Sixteen, 4), "a name in quotes");
    CHECK(TEXT_IS(Below, L"", REG_SZ, L"the value without a name"), "a value without a name");
    ZwClose(Below);
    CHECK(KeyOpen(Key, L"Nowhere", &Below) == STATUS_OBJECT_NAME_NOT_FOUND, "a key that is not there");
    ZwClose(Key);
}

static VOID ZwTest(VOID)
{
    HANDLE Parent = Parameters(), Key, Again, Child;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Own\\Deep"), Value = RTL_CONSTANT_STRING(L"v"), Short = RTL_CONSTANT_STRING(L"Own");
    OBJECT_ATTRIBUTES Attributes;
    UCHAR Buffer[128];
    ULONG Disposition = 0, Size = 0;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, Parent, NULL);
    CHECK(ZwCreateKey(&Child, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, &Disposition) == STATUS_SUCCESS &&
              Disposition == REG_CREATED_NEW_KEY, "ZwCreateKey makes a key and those on the way");
    CHECK(ZwCreateKey(&Again, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, &Disposition) == STATUS_SUCCESS &&
              Disposition == REG_OPENED_EXISTING_KEY, "a second time it opens it");
    CHECK(ZwSetValueKey(Child, &Value, 0, REG_BINARY, (PVOID) "12345", 5) == STATUS_SUCCESS, "ZwSetValueKey");
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PKEY_VALUE_PARTIAL_INFORMATION)Buffer;
    CHECK(ZwQueryValueKey(Again, &Value, KeyValuePartialInformation, Buffer, 4, &Size) == STATUS_BUFFER_TOO_SMALL && Size == 17,
          "a buffer smaller than the fixed part is refused, the size is told");
    CHECK(ZwQueryValueKey(Again, &Value, KeyValuePartialInformation, Buffer, 14, &Size) == STATUS_BUFFER_OVERFLOW && Size == 17 &&
              Partial->DataLength == 5 && Partial->Data[1] == '2', "one that is too small for all gets what fits");
    CHECK(ZwQueryValueKey(Again, &Value, KeyValueFullInformation, Buffer, sizeof Buffer, &Size) == STATUS_SUCCESS &&
              ((PKEY_VALUE_FULL_INFORMATION)Buffer)->NameLength == 2 &&
              RtlEqualMemory(Buffer + ((PKEY_VALUE_FULL_INFORMATION)Buffer)->DataOffset, "12345", 5), "full information");
    CHECK(ZwEnumerateValueKey(Again, 0, KeyValueBasicInformation, Buffer, sizeof Buffer, &Size) == STATUS_SUCCESS &&
              ((PKEY_VALUE_BASIC_INFORMATION)Buffer)->Name[0] == 'v', "values are enumerated");
    CHECK(ZwEnumerateValueKey(Again, 1, KeyValueBasicInformation, Buffer, sizeof Buffer, &Size) == STATUS_NO_MORE_ENTRIES,
          "up to their end");
    InitializeObjectAttributes(&Attributes, &Short, OBJ_KERNEL_HANDLE, Parent, NULL);
    CHECK(ZwOpenKey(&Key, KEY_READ, &Attributes) == STATUS_SUCCESS, "the key on the way");
    CHECK(ZwEnumerateKey(Key, 0, KeyBasicInformation, Buffer, sizeof Buffer, &Size) == STATUS_SUCCESS &&
              ((PKEY_BASIC_INFORMATION)Buffer)->NameLength == 8, "keys are enumerated");
    CHECK(ZwQueryKey(Key, KeyFullInformation, Buffer, sizeof Buffer, &Size) == STATUS_SUCCESS &&
              ((PKEY_FULL_INFORMATION)Buffer)->SubKeys == 1 && ((PKEY_FULL_INFORMATION)Buffer)->Values == 0, "and counted");
    CHECK(ZwSetValueKey(Key, &Value, 0, REG_SZ, NULL, 0) == STATUS_ACCESS_DENIED, "KEY_READ does not write");
    CHECK(ZwDeleteValueKey(Again, &Value) == STATUS_SUCCESS &&
              ZwDeleteValueKey(Again, &Value) == STATUS_OBJECT_NAME_NOT_FOUND, "ZwDeleteValueKey");
    CHECK(ZwDeleteKey(Child) == STATUS_SUCCESS, "ZwDeleteKey");
    CHECK(ZwSetValueKey(Again, &Value, 0, REG_SZ, NULL, 0) == STATUS_KEY_DELETED, "the other handle's key is deleted");
    ZwClose(Again);
    ZwClose(Child);
    ZwClose(Key);
    ZwClose(Parent);
    CHECK(ZwQueryKey(Key, KeyFullInformation, Buffer, sizeof Buffer, &Size) == STATUS_INVALID_HANDLE, "a closed handle");
}

static ULONG RoutineCalls;

static NTSTATUS NTAPI OnValue(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context, PVOID EntryContext)
{
    UNREFERENCED_PARAMETER(Name);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Length);
    if (Context == &RoutineCalls && EntryContext == (PVOID)7 && Type == REG_SZ)
        RoutineCalls++;
    return STATUS_SUCCESS;
}

static VOID RtlTest(VOID)
{
    ULONG Number = 0, Missing = 0, Default = 99;
    UNICODE_STRING Text = {0};
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {NULL, RTL_QUERY_REGISTRY_SUBKEY, (PWSTR)L"Parameters", NULL, 0, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, (PWSTR)L"Number", &Number,
         (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, (PWSTR)L"Missing", &Missing, REG_DWORD, &Default, sizeof Default},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, (PWSTR)L"Added", &Text, REG_NONE, NULL, 0},
        {OnValue, 0, (PWSTR)L"Several", (PVOID)7, REG_NONE, NULL, 0},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Registry.Buffer, Table, &RoutineCalls, NULL) == STATUS_SUCCESS,
          "a table of values");
    CHECK(Number == 77 && Missing == 99, "a number, and a default for one that lacks");
    CHECK(Text.Buffer != NULL && Text.Length == 46 && Text.Buffer[0] == 'i', "a string gets a buffer");
    CHECK(RoutineCalls == 2, "a routine is called for each of several strings");
    RtlFreeUnicodeString(&Text);
    Table[1].DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Registry.Buffer, Table, NULL, NULL) == STATUS_OBJECT_TYPE_MISMATCH,
          "a value of another type than expected");
    Table[1].Name = (PWSTR)L"Absent";
    Table[1].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Registry.Buffer, Table, NULL, NULL) == STATUS_OBJECT_NAME_NOT_FOUND,
          "a value that is required");
    CHECK(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Made", L"x", REG_DWORD, &Default, 4) == STATUS_SUCCESS &&
              RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)L"OvlRegistry\\Made") == STATUS_SUCCESS,
          "RtlWriteRegistryValue makes its key");
    CHECK(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Made", L"x") == STATUS_SUCCESS &&
              RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Made", L"x") == STATUS_OBJECT_NAME_NOT_FOUND,
          "RtlDeleteRegistryValue");
}

/* Values that are no strings and longer than a ULONG: the place begins with the size of its room,
 * negative for the data alone, else length and type come before the data. */
static VOID LongTest(VOID)
{
    ULONGLONG Number = 0x1122334455667788ULL;
    struct {
        LONG Room;
        ULONG Type;
        UCHAR Data[16];
    } Place = {.Room = sizeof Place};
    LONG Short[4] = {-8, 0, 5, 5};
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, (PWSTR)L"Long", &Place, REG_NONE, NULL, 0},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};
    CHECK(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Long", L"Long", REG_QWORD,
                                &Number, 8) == STATUS_SUCCESS,
          "8 bytes");
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Long", Table, NULL, NULL) ==
                  STATUS_SUCCESS &&
              Place.Room == 8 && Place.Type == REG_QWORD && RtlEqualMemory(Place.Data, &Number, 8),
          "a positive size: length, type, data");
    Place.Room = 15;
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Long", Table, NULL, NULL) ==
                  STATUS_BUFFER_TOO_SMALL &&
              Place.Room == 15,
          "room for the three is needed");
    Table[0].EntryContext = Short;
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Long", Table, NULL, NULL) ==
                  STATUS_SUCCESS &&
              RtlEqualMemory(Short, &Number, 8) && Short[2] == 5,
          "a negative size: the data alone");
    Short[0] = -7;
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Long", Table, NULL, NULL) ==
                  STATUS_BUFFER_TOO_SMALL &&
              Short[0] == -7,
          "one that is too small");
    Short[0] = (LONG)0x80000000;
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Long", Table, NULL, NULL) ==
                  STATUS_SUCCESS &&
              RtlEqualMemory(Short, &Number, 8),
          "the largest of them");
}

static ULONG Met;

static NTSTATUS NTAPI OnEach(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context,
                             PVOID EntryContext)
{
    UNREFERENCED_PARAMETER(Type);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(EntryContext);
    Met |= Name[0] == L'a' + (WCHAR) * (ULONG *)Data ? 1u << *(ULONG *)Data : 0x80000000;
    return STATUS_SUCCESS;
}

/* RTL_QUERY_REGISTRY_DELETE with all values of a key: each is met, and none is left. */
static VOID DeleteTest(VOID)
{
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {OnEach, RTL_QUERY_REGISTRY_DELETE, NULL, NULL, REG_NONE, NULL, 0},
        {NULL, 0, NULL, NULL, 0, NULL, 0}};
    for (ULONG i = 0; i < 5; i++) {
        WCHAR Name[2] = {(WCHAR)(L'a' + i), 0};
        RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Each", Name, REG_DWORD, &i, 4);
    }
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Each", Table, NULL, NULL) ==
                  STATUS_SUCCESS &&
              Met == 0x1f,
          "each value is met");
    Met = 0;
    CHECK(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"OvlRegistry\\Each", Table, NULL, NULL) ==
                  STATUS_SUCCESS &&
              Met == 0,
          "and deleted");
}

static VOID DeviceTest(VOID)
{
    CHECK(SeenPdo != NULL, "the INF's id brought the device");
    CHECK(DeviceGood, "its hardware key has what the INF's .HW section writes");
    CHECK(DeviceText, "and a key below it");
    CHECK(DeviceExtra, "and what the registry file says");
    CHECK(DeviceSoftware, "its driver key has what the install section writes");
    CHECK(DeviceClass, "its class, its description and its manufacturer are the INF's");
    CHECK(DeviceFriendly, "its friendly name is what AddReg wrote");
    CHECK(DeviceFlags, "Exclusive and DeviceCharacteristics are its PDO's");
    CHECK(DeviceUsbd, "USBD_GetPdoRegistryParameter reads its values");
}

const struct Part Parts[] = {{"files", FilesTest}, {"zw", ZwTest},         {"rtl", RtlTest},
                             {"long", LongTest},   {"delete", DeleteTest}, {"device", DeviceTest},
                             {NULL, NULL}};

/* With and without the zero behind the name; too small a buffer, a name that is not there. */
static BOOLEAN UsbdParameters(PDEVICE_OBJECT Pdo)
{
    ULONG Value = 0;
    return USBD_GetPdoRegistryParameter(Pdo, &Value, sizeof Value, (PWSTR)L"Speed", sizeof L"Speed") == STATUS_SUCCESS && Value == 480 &&
           USBD_GetPdoRegistryParameter(Pdo, &Value, sizeof Value, (PWSTR)L"Extras", 5 * sizeof(WCHAR)) == STATUS_SUCCESS && Value == 5 &&
           USBD_GetPdoRegistryParameter(Pdo, &Value, 3, (PWSTR)L"Speed", sizeof L"Speed") == STATUS_BUFFER_TOO_SMALL &&
           USBD_GetPdoRegistryParameter(Pdo, &Value, sizeof Value, (PWSTR)L"Extras", sizeof L"Extras") == STATUS_OBJECT_NAME_NOT_FOUND &&
           USBD_GetPdoRegistryParameter(Pdo, &Value, sizeof Value, NULL, 0) == STATUS_INVALID_PARAMETER;
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    HANDLE Key, Below;
    ULONG Speed = 480, Extra = 5, Size;
    WCHAR Text[64];
    UNREFERENCED_PARAMETER(Driver);
    SeenPdo = Pdo;
    if (NT_SUCCESS(IoOpenDeviceRegistryKey(Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &Key))) {
        DeviceGood = ValueIs(Key, L"Speed", REG_DWORD, &Speed, 4);
        DeviceExtra = ValueIs(Key, L"Extra", REG_DWORD, &Extra, 4);
        if (NT_SUCCESS(KeyOpen(Key, L"Sub", &Below))) {
            DeviceText = TEXT_IS(Below, L"Name", REG_SZ, L"Learning board");
            ZwClose(Below);
        }
        ZwClose(Key);
    }
    if (NT_SUCCESS(IoOpenDeviceRegistryKey(Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &Key))) {
        DeviceSoftware = TEXT_IS(Key, L"Version", REG_SZ, L"7");
        ZwClose(Key);
    }
    DeviceUsbd = UsbdParameters(Pdo);
    DeviceClass = NT_SUCCESS(IoGetDeviceProperty(Pdo, DevicePropertyClassName, sizeof Text, Text, &Size)) &&
                  wcscmp(Text, L"Sample") == 0 &&
                  NT_SUCCESS(IoGetDeviceProperty(Pdo, DevicePropertyDeviceDescription, sizeof Text, Text, &Size)) &&
                  wcscmp(Text, L"Learning board") == 0 &&
                  NT_SUCCESS(IoGetDeviceProperty(Pdo, DevicePropertyManufacturer, sizeof Text, Text, &Size)) &&
                  wcscmp(Text, L"Overlapped") == 0;
    DeviceFriendly = NT_SUCCESS(IoGetDeviceProperty(Pdo, DevicePropertyFriendlyName, sizeof Text, Text, &Size)) &&
                     wcscmp(Text, L"The friendly board") == 0;
    DeviceFlags = (Pdo->Flags & DO_EXCLUSIVE) != 0 && (Pdo->Characteristics & FILE_DEVICE_SECURE_OPEN) != 0;
    return STATUS_SUCCESS; /* nothing is attached: the bus's answers do */
}

static VOID NTAPI OnUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ReportStop();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    Registry.Buffer = RegistryBuffer;
    Registry.Length = RegistryPath->Length;
    Registry.MaximumLength = sizeof RegistryBuffer;
    RtlCopyMemory(RegistryBuffer, RegistryPath->Buffer, RegistryPath->Length);
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->DriverUnload = OnUnload;
    return ReportStart(Driver);
}
