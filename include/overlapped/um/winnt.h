/* SPDX-License-Identifier: MIT */
/* Access rights, attributes and flags of the system's objects, and the structures that the file,
 * thread, lock and memory calls share. */
#ifndef _WINNT_
#define _WINNT_
#include "ovl_exception.h"
#include "minwindef.h"
#include "sal.h"

#define MAXIMUM_WAIT_OBJECTS  64
#define MAXIMUM_SUSPEND_COUNT 0x7f
#define MAXWORD               0xffff
#define MAXDWORD              0xffffffffu
#define MAXBYTE               0xff
#define _HRESULT_TYPEDEF_(sc) ((HRESULT)sc)

/* Access rights that every kind of object has. */
#define SPECIFIC_RIGHTS_ALL                      0x0000FFFF
#define DELETE                                   0x00010000
#define READ_CONTROL                             0x00020000
#define STANDARD_RIGHTS_EXECUTE                  0x00020000
#define STANDARD_RIGHTS_READ                     0x00020000
#define STANDARD_RIGHTS_WRITE                    0x00020000
#define WRITE_DAC                                0x00040000
#define WRITE_OWNER                              0x00080000
#define STANDARD_RIGHTS_REQUIRED                 0x000F0000
#define SYNCHRONIZE                              0x00100000
#define STANDARD_RIGHTS_ALL                      0x001F0000
#define ACCESS_SYSTEM_SECURITY                   0x01000000
#define MAXIMUM_ALLOWED                          0x02000000
#define GENERIC_ALL                              0x10000000
#define GENERIC_EXECUTE                          0x20000000
#define GENERIC_WRITE                            0x40000000
#define GENERIC_READ                             0x80000000u

/* Rights of files, directories and pipes. */
#define FILE_LIST_DIRECTORY                      0x00000001
#define FILE_READ_DATA                           0x00000001
#define FILE_ADD_FILE                            0x00000002
#define FILE_WRITE_DATA                          0x00000002
#define FILE_ADD_SUBDIRECTORY                    0x00000004
#define FILE_APPEND_DATA                         0x00000004
#define FILE_CREATE_PIPE_INSTANCE                0x00000004
#define FILE_READ_EA                             0x00000008
#define FILE_WRITE_EA                            0x00000010
#define FILE_EXECUTE                             0x00000020
#define FILE_TRAVERSE                            0x00000020
#define FILE_DELETE_CHILD                        0x00000040
#define FILE_READ_ATTRIBUTES                     0x00000080
#define FILE_WRITE_ATTRIBUTES                    0x00000100
#define FILE_GENERIC_READ                        0x00120089
#define FILE_GENERIC_EXECUTE                     0x001200A0
#define FILE_GENERIC_WRITE                       0x00120116
#define FILE_ALL_ACCESS                          0x001F01FF

/* Rights of the synchronisation objects, threads and processes. */
#define DUPLICATE_CLOSE_SOURCE                   0x00000001
#define MUTANT_QUERY_STATE                       0x00000001
#define PROCESS_TERMINATE                        0x00000001
#define SECTION_QUERY                            0x00000001
#define THREAD_TERMINATE                         0x00000001
#define TIMER_QUERY_STATE                        0x00000001
#define DUPLICATE_SAME_ACCESS                    0x00000002
#define EVENT_MODIFY_STATE                       0x00000002
#define IO_COMPLETION_MODIFY_STATE               0x00000002
#define PROCESS_CREATE_THREAD                    0x00000002
#define SECTION_MAP_WRITE                        0x00000002
#define SEMAPHORE_MODIFY_STATE                   0x00000002
#define THREAD_SUSPEND_RESUME                    0x00000002
#define TIMER_MODIFY_STATE                       0x00000002
#define PROCESS_SET_SESSIONID                    0x00000004
#define SECTION_MAP_READ                         0x00000004
#define PROCESS_VM_OPERATION                     0x00000008
#define SECTION_MAP_EXECUTE                      0x00000008
#define THREAD_GET_CONTEXT                       0x00000008
#define PROCESS_VM_READ                          0x00000010
#define SECTION_EXTEND_SIZE                      0x00000010
#define THREAD_SET_CONTEXT                       0x00000010
#define PROCESS_VM_WRITE                         0x00000020
#define SECTION_MAP_EXECUTE_EXPLICIT             0x00000020
#define THREAD_SET_INFORMATION                   0x00000020
#define PROCESS_DUP_HANDLE                       0x00000040
#define THREAD_QUERY_INFORMATION                 0x00000040
#define PROCESS_CREATE_PROCESS                   0x00000080
#define THREAD_SET_THREAD_TOKEN                  0x00000080
#define PROCESS_SET_QUOTA                        0x00000100
#define THREAD_IMPERSONATE                       0x00000100
#define PROCESS_SET_INFORMATION                  0x00000200
#define THREAD_DIRECT_IMPERSONATION              0x00000200
#define PROCESS_QUERY_INFORMATION                0x00000400
#define THREAD_SET_LIMITED_INFORMATION           0x00000400
#define PROCESS_SUSPEND_RESUME                   0x00000800
#define THREAD_QUERY_LIMITED_INFORMATION         0x00000800
#define PROCESS_QUERY_LIMITED_INFORMATION        0x00001000
#define SECTION_ALL_ACCESS                       0x000F001F
#define MUTANT_ALL_ACCESS                        0x001F0001
#define EVENT_ALL_ACCESS                         0x001F0003
#define IO_COMPLETION_ALL_ACCESS                 0x001F0003
#define SEMAPHORE_ALL_ACCESS                     0x001F0003
#define TIMER_ALL_ACCESS                         0x001F0003
#define PROCESS_ALL_ACCESS                       0x001FFFFF
#define THREAD_ALL_ACCESS                        0x001FFFFF

/* Files: sharing, attributes, change notification, volume flags. */
#define FILE_ACTION_ADDED                        0x00000001
#define FILE_ATTRIBUTE_READONLY                  0x00000001
#define FILE_CASE_SENSITIVE_SEARCH               0x00000001
#define FILE_NOTIFY_CHANGE_FILE_NAME             0x00000001
#define FILE_SHARE_READ                          0x00000001
#define FILE_ACTION_REMOVED                      0x00000002
#define FILE_ATTRIBUTE_HIDDEN                    0x00000002
#define FILE_CASE_PRESERVED_NAMES                0x00000002
#define FILE_NOTIFY_CHANGE_DIR_NAME              0x00000002
#define FILE_SHARE_WRITE                         0x00000002
#define FILE_ACTION_MODIFIED                     0x00000003
#define FILE_ACTION_RENAMED_OLD_NAME             0x00000004
#define FILE_ATTRIBUTE_SYSTEM                    0x00000004
#define FILE_NOTIFY_CHANGE_ATTRIBUTES            0x00000004
#define FILE_SHARE_DELETE                        0x00000004
#define FILE_UNICODE_ON_DISK                     0x00000004
#define FILE_ACTION_RENAMED_NEW_NAME             0x00000005
#define FILE_SHARE_VALID_FLAGS                   0x00000007
#define FILE_NOTIFY_CHANGE_SIZE                  0x00000008
#define FILE_PERSISTENT_ACLS                     0x00000008
#define FILE_ATTRIBUTE_DIRECTORY                 0x00000010
#define FILE_FILE_COMPRESSION                    0x00000010
#define FILE_NOTIFY_CHANGE_LAST_WRITE            0x00000010
#define FILE_ATTRIBUTE_ARCHIVE                   0x00000020
#define FILE_NOTIFY_CHANGE_LAST_ACCESS           0x00000020
#define FILE_VOLUME_QUOTAS                       0x00000020
#define FILE_ATTRIBUTE_DEVICE                    0x00000040
#define FILE_NOTIFY_CHANGE_CREATION              0x00000040
#define FILE_SUPPORTS_SPARSE_FILES               0x00000040
#define FILE_ATTRIBUTE_NORMAL                    0x00000080
#define FILE_SUPPORTS_REPARSE_POINTS             0x00000080
#define FILE_ATTRIBUTE_TEMPORARY                 0x00000100
#define FILE_NOTIFY_CHANGE_SECURITY              0x00000100
#define FILE_SUPPORTS_REMOTE_STORAGE             0x00000100
#define FILE_ATTRIBUTE_SPARSE_FILE               0x00000200
#define FILE_ATTRIBUTE_REPARSE_POINT             0x00000400
#define FILE_ATTRIBUTE_COMPRESSED                0x00000800
#define FILE_ATTRIBUTE_OFFLINE                   0x00001000
#define FILE_ATTRIBUTE_NOT_CONTENT_INDEXED       0x00002000
#define FILE_ATTRIBUTE_ENCRYPTED                 0x00004000
#define FILE_VOLUME_IS_COMPRESSED                0x00008000
#define FILE_ATTRIBUTE_VIRTUAL                   0x00010000
#define FILE_SUPPORTS_OBJECT_IDS                 0x00010000
#define FILE_SUPPORTS_ENCRYPTION                 0x00020000
#define FILE_NAMED_STREAMS                       0x00040000
#define FILE_READ_ONLY_VOLUME                    0x00080000
#define FILE_SEQUENTIAL_WRITE_ONCE               0x00100000
#define FILE_SUPPORTS_TRANSACTIONS               0x00200000
#define FILE_SUPPORTS_HARD_LINKS                 0x00400000
#define FILE_SUPPORTS_EXTENDED_ATTRIBUTES        0x00800000
#define FILE_SUPPORTS_OPEN_BY_FILE_ID            0x01000000
#define FILE_SUPPORTS_USN_JOURNAL                0x02000000
#define FILE_SUPPORTS_INTEGRITY_STREAMS          0x04000000

/* Memory. */
#define FILE_MAP_COPY                            0x00000001
#define HEAP_NO_SERIALIZE                        0x00000001
#define PAGE_NOACCESS                            0x00000001
#define FILE_MAP_WRITE                           0x00000002
#define HEAP_GROWABLE                            0x00000002
#define PAGE_READONLY                            0x00000002
#define FILE_MAP_READ                            0x00000004
#define HEAP_GENERATE_EXCEPTIONS                 0x00000004
#define PAGE_READWRITE                           0x00000004
#define HEAP_ZERO_MEMORY                         0x00000008
#define PAGE_WRITECOPY                           0x00000008
#define HEAP_REALLOC_IN_PLACE_ONLY               0x00000010
#define PAGE_EXECUTE                             0x00000010
#define FILE_MAP_EXECUTE                         0x00000020
#define HEAP_TAIL_CHECKING_ENABLED               0x00000020
#define PAGE_EXECUTE_READ                        0x00000020
#define HEAP_FREE_CHECKING_ENABLED               0x00000040
#define PAGE_EXECUTE_READWRITE                   0x00000040
#define PAGE_EXECUTE_WRITECOPY                   0x00000080
#define PAGE_GUARD                               0x00000100
#define PAGE_NOCACHE                             0x00000200
#define PAGE_WRITECOMBINE                        0x00000400
#define MEM_COMMIT                               0x00001000
#define MEM_RESERVE                              0x00002000
#define MEM_DECOMMIT                             0x00004000
#define MEM_RELEASE                              0x00008000
#define MEM_FREE                                 0x00010000
#define MEM_PRIVATE                              0x00020000
#define HEAP_CREATE_ENABLE_EXECUTE               0x00040000
#define MEM_MAPPED                               0x00040000
#define MEM_RESET                                0x00080000
#define FILE_MAP_ALL_ACCESS                      0x000F001F
#define MEM_TOP_DOWN                             0x00100000
#define MEM_WRITE_WATCH                          0x00200000
#define MEM_PHYSICAL                             0x00400000
#define SEC_FILE                                 0x00800000
#define MEM_IMAGE                                0x01000000
#define MEM_RESET_UNDO                           0x01000000
#define SEC_IMAGE                                0x01000000
#define SEC_RESERVE                              0x04000000
#define SEC_COMMIT                               0x08000000
#define SEC_NOCACHE                              0x10000000
#define FILE_MAP_LARGE_PAGES                     0x20000000
#define MEM_LARGE_PAGES                          0x20000000
#define FILE_MAP_TARGETS_INVALID                 0x40000000
#define SEC_WRITECOMBINE                         0x40000000
#define FILE_MAP_RESERVE                         0x80000000u
#define SEC_LARGE_PAGES                          0x80000000u

/* Thread-pool wait flags. */
#define WT_EXECUTEDEFAULT                        0x00000000
#define WT_EXECUTEINIOTHREAD                     0x00000001
#define WT_EXECUTEINUITHREAD                     0x00000002
#define WT_EXECUTEINWAITTHREAD                   0x00000004
#define WT_EXECUTEDELETEWAIT                     0x00000008
#define WT_EXECUTEONLYONCE                       0x00000008
#define WT_EXECUTEINLONGTHREAD                   0x00000010
#define WT_EXECUTELONGFUNCTION                   0x00000010
#define WT_EXECUTEINTIMERTHREAD                  0x00000020
#define WT_EXECUTEINPERSISTENTIOTHREAD           0x00000040
#define WT_EXECUTEINPERSISTENTTHREAD             0x00000080
#define WT_TRANSFER_IMPERSONATION                0x00000100

/* Exceptions. */
#define EXCEPTION_READ_FAULT                     0x00000000
#define EXCEPTION_NONCONTINUABLE                 0x00000001
#define EXCEPTION_WRITE_FAULT                    0x00000001
#define EXCEPTION_UNWINDING                      0x00000002
#define EXCEPTION_EXIT_UNWIND                    0x00000004
#define EXCEPTION_EXECUTE_FAULT                  0x00000008
#define EXCEPTION_STACK_INVALID                  0x00000008
#define EXCEPTION_NESTED_CALL                    0x00000010
#define EXCEPTION_TARGET_UNWIND                  0x00000020
#define EXCEPTION_COLLIDED_UNWIND                0x00000040

/* Processor and system kinds. */
#define PROCESSOR_ARCHITECTURE_INTEL             0x00000000
#define VER_PLATFORM_WIN32s                      0x00000000
#define PROCESSOR_ARCHITECTURE_MIPS              0x00000001
#define VER_EQUAL                                0x00000001
#define VER_MINORVERSION                         0x00000001
#define VER_NT_WORKSTATION                       0x00000001
#define VER_PLATFORM_WIN32_WINDOWS               0x00000001
#define PROCESSOR_ARCHITECTURE_ALPHA             0x00000002
#define VER_GREATER                              0x00000002
#define VER_MAJORVERSION                         0x00000002
#define VER_NT_DOMAIN_CONTROLLER                 0x00000002
#define VER_PLATFORM_WIN32_NT                    0x00000002
#define PROCESSOR_ARCHITECTURE_PPC               0x00000003
#define VER_GREATER_EQUAL                        0x00000003
#define VER_NT_SERVER                            0x00000003
#define PROCESSOR_ARCHITECTURE_SHX               0x00000004
#define VER_BUILDNUMBER                          0x00000004
#define VER_LESS                                 0x00000004
#define PROCESSOR_ARCHITECTURE_ARM               0x00000005
#define VER_LESS_EQUAL                           0x00000005
#define MAXIMUM_PROCESSORS                       64
#define PF_XMMI_INSTRUCTIONS_AVAILABLE           0x00000006
#define PROCESSOR_ARCHITECTURE_IA64              0x00000006
#define VER_AND                                  0x00000006
#define PROCESSOR_ARCHITECTURE_ALPHA64           0x00000007
#define VER_OR                                   0x00000007
#define PROCESSOR_ARCHITECTURE_MSIL              0x00000008
#define VER_PLATFORMID                           0x00000008
#define PROCESSOR_ARCHITECTURE_AMD64             0x00000009
#define PF_XMMI64_INSTRUCTIONS_AVAILABLE         0x0000000A
#define PROCESSOR_ARCHITECTURE_IA32_ON_WIN64     0x0000000A
#define PROCESSOR_ARCHITECTURE_NEUTRAL           0x0000000B
#define PROCESSOR_ARCHITECTURE_ARM64             0x0000000C
#define PF_SSE3_INSTRUCTIONS_AVAILABLE           0x0000000D
#define PROCESSOR_ARCHITECTURE_ARM32_ON_WIN64    0x0000000D
#define PF_COMPARE_EXCHANGE128                   0x0000000E
#define PROCESSOR_ARCHITECTURE_IA32_ON_ARM64     0x0000000E
#define VER_SERVICEPACKMINOR                     0x00000010
#define VER_SERVICEPACKMAJOR                     0x00000020
#define PF_AVX_INSTRUCTIONS_AVAILABLE            0x00000027
#define PF_AVX2_INSTRUCTIONS_AVAILABLE           0x00000028
#define PF_AVX512F_INSTRUCTIONS_AVAILABLE        0x00000029
#define VER_SUITENAME                            0x00000040
#define VER_PRODUCT_TYPE                         0x00000080
#define PROCESSOR_ARCHITECTURE_UNKNOWN           0x0000FFFF

/* Drives, reparse tags, streams. */
#define DLL_PROCESS_DETACH                       0x00000000
#define DLL_PROCESS_ATTACH                       0x00000001
#define DLL_THREAD_ATTACH                        0x00000002
#define DLL_THREAD_DETACH                        0x00000003
#define MAXIMUM_REPARSE_DATA_BUFFER_SIZE         0x00004000
#define IO_REPARSE_TAG_MOUNT_POINT               0xA0000003u
#define IO_REPARSE_TAG_SYMLINK                   0xA000000Cu

/* Services. */
#define SERVICE_BOOT_START                       0x00000000
#define SERVICE_ERROR_IGNORE                     0x00000000
#define SERVICE_ERROR_NORMAL                     0x00000001
#define SERVICE_KERNEL_DRIVER                    0x00000001
#define SERVICE_SYSTEM_START                     0x00000001
#define SERVICE_AUTO_START                       0x00000002
#define SERVICE_ERROR_SEVERE                     0x00000002
#define SERVICE_FILE_SYSTEM_DRIVER               0x00000002
#define SERVICE_DEMAND_START                     0x00000003
#define SERVICE_ERROR_CRITICAL                   0x00000003
#define SERVICE_ADAPTER                          0x00000004
#define SERVICE_DISABLED                         0x00000004
#define SERVICE_RECOGNIZER_DRIVER                0x00000008
#define SERVICE_DRIVER                           0x0000000B
#define SERVICE_WIN32_OWN_PROCESS                0x00000010
#define SERVICE_WIN32_SHARE_PROCESS              0x00000020
#define SERVICE_WIN32                            0x00000030
#define SERVICE_INTERACTIVE_PROCESS              0x00000100
#define SERVICE_TYPE_ALL                         0x0000013F

/* Registry value types. */
#define REG_NONE                                 0x00000000
#define REG_OPTION_NON_VOLATILE                  0x00000000
#define KEY_QUERY_VALUE                          0x00000001
#define REG_CREATED_NEW_KEY                      0x00000001
#define REG_OPTION_VOLATILE                      0x00000001
#define REG_SZ                                   0x00000001
#define KEY_SET_VALUE                            0x00000002
#define REG_EXPAND_SZ                            0x00000002
#define REG_OPENED_EXISTING_KEY                  0x00000002
#define REG_BINARY                               0x00000003
#define KEY_CREATE_SUB_KEY                       0x00000004
#define REG_DWORD                                0x00000004
#define REG_DWORD_LITTLE_ENDIAN                  0x00000004
#define REG_DWORD_BIG_ENDIAN                     0x00000005
#define REG_LINK                                 0x00000006
#define REG_MULTI_SZ                             0x00000007
#define KEY_ENUMERATE_SUB_KEYS                   0x00000008
#define REG_QWORD                                0x0000000B
#define KEY_NOTIFY                               0x00000010
#define KEY_CREATE_LINK                          0x00000020
#define KEY_WOW64_64KEY                          0x00000100
#define KEY_WOW64_32KEY                          0x00000200
#define KEY_WOW64_RES                            0x00000300
#define KEY_WRITE                                0x00020006
#define KEY_EXECUTE                              0x00020019
#define KEY_READ                                 0x00020019
#define KEY_ALL_ACCESS                           0x000F003F

/* Languages. */
#define LANG_NEUTRAL                             0x00000000
#define SORT_DEFAULT                             0x00000000
#define SUBLANG_NEUTRAL                          0x00000000
#define SUBLANG_DEFAULT                          0x00000001
#define SUBLANG_ENGLISH_US                       0x00000001
#define SUBLANG_ENGLISH_UK                       0x00000002
#define SUBLANG_SYS_DEFAULT                      0x00000002
#define LANG_CHINESE                             0x00000004
#define LANG_GERMAN                              0x00000007
#define LANG_ENGLISH                             0x00000009
#define LANG_SPANISH                             0x0000000A
#define LANG_FRENCH                              0x0000000C
#define LANG_ITALIAN                             0x00000010
#define LANG_JAPANESE                            0x00000011
#define LANG_KOREAN                              0x00000012
#define LANG_DUTCH                               0x00000013
#define LANG_PORTUGUESE                          0x00000016
#define LANG_RUSSIAN                             0x00000019
#define LANG_SWEDISH                             0x0000001D
#define LANG_INVARIANT                           0x0000007F

#define MAKELANGID(p, s)        ((((WORD)(s)) << 10) | (WORD)(p))
#define PRIMARYLANGID(lgid)     ((WORD)(lgid)&0x3ff)
#define SUBLANGID(lgid)         ((WORD)(lgid) >> 10)
#define MAKELCID(lgid, srtid)   ((DWORD)((((DWORD)((WORD)(srtid))) << 16) | ((DWORD)((WORD)(lgid)))))
#define LANG_SYSTEM_DEFAULT     (MAKELANGID(LANG_NEUTRAL, SUBLANG_SYS_DEFAULT))
#define LANG_USER_DEFAULT       (MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT))
#define LOCALE_SYSTEM_DEFAULT   (MAKELCID(LANG_SYSTEM_DEFAULT, SORT_DEFAULT))
#define LOCALE_USER_DEFAULT     (MAKELCID(LANG_USER_DEFAULT, SORT_DEFAULT))

#if !defined(WIN32_NO_STATUS) && !defined(_NTSTATUS_)
/* Status values as programs compare them with wait results; ntstatus.h has them all, signed. */
#define STATUS_WAIT_0                            ((DWORD)0x00000000)
#define STATUS_ABANDONED_WAIT_0                  ((DWORD)0x00000080)
#define STATUS_USER_APC                          ((DWORD)0x000000C0)
#define STATUS_TIMEOUT                           ((DWORD)0x00000102)
#define STATUS_PENDING                           ((DWORD)0x00000103)
#define DBG_EXCEPTION_HANDLED                    ((DWORD)0x00010001)
#define DBG_CONTINUE                             ((DWORD)0x00010002)
#define STATUS_SEGMENT_NOTIFICATION              ((DWORD)0x40000005)
#define STATUS_FATAL_APP_EXIT                    ((DWORD)0x40000015)
#define DBG_TERMINATE_THREAD                     ((DWORD)0x40010003)
#define DBG_TERMINATE_PROCESS                    ((DWORD)0x40010004)
#define DBG_CONTROL_C                            ((DWORD)0x40010005)
#define DBG_PRINTEXCEPTION_C                     ((DWORD)0x40010006)
#define DBG_RIPEXCEPTION                         ((DWORD)0x40010007)
#define DBG_CONTROL_BREAK                        ((DWORD)0x40010008)
#define DBG_COMMAND_EXCEPTION                    ((DWORD)0x40010009)
#define DBG_PRINTEXCEPTION_WIDE_C                ((DWORD)0x4001000A)
#define STATUS_GUARD_PAGE_VIOLATION              ((DWORD)0x80000001)
#define STATUS_DATATYPE_MISALIGNMENT             ((DWORD)0x80000002)
#define STATUS_BREAKPOINT                        ((DWORD)0x80000003)
#define STATUS_SINGLE_STEP                       ((DWORD)0x80000004)
#define STATUS_LONGJUMP                          ((DWORD)0x80000026)
#define STATUS_UNWIND_CONSOLIDATE                ((DWORD)0x80000029)
#define DBG_EXCEPTION_NOT_HANDLED                ((DWORD)0x80010001)
#define STATUS_ACCESS_VIOLATION                  ((DWORD)0xC0000005)
#define STATUS_IN_PAGE_ERROR                     ((DWORD)0xC0000006)
#define STATUS_INVALID_HANDLE                    ((DWORD)0xC0000008)
#define STATUS_INVALID_PARAMETER                 ((DWORD)0xC000000D)
#define STATUS_NO_MEMORY                         ((DWORD)0xC0000017)
#define STATUS_ILLEGAL_INSTRUCTION               ((DWORD)0xC000001D)
#define STATUS_NONCONTINUABLE_EXCEPTION          ((DWORD)0xC0000025)
#define STATUS_INVALID_DISPOSITION               ((DWORD)0xC0000026)
#define STATUS_ARRAY_BOUNDS_EXCEEDED             ((DWORD)0xC000008C)
#define STATUS_FLOAT_DENORMAL_OPERAND            ((DWORD)0xC000008D)
#define STATUS_FLOAT_DIVIDE_BY_ZERO              ((DWORD)0xC000008E)
#define STATUS_FLOAT_INEXACT_RESULT              ((DWORD)0xC000008F)
#define STATUS_FLOAT_INVALID_OPERATION           ((DWORD)0xC0000090)
#define STATUS_FLOAT_OVERFLOW                    ((DWORD)0xC0000091)
#define STATUS_FLOAT_STACK_CHECK                 ((DWORD)0xC0000092)
#define STATUS_FLOAT_UNDERFLOW                   ((DWORD)0xC0000093)
#define STATUS_INTEGER_DIVIDE_BY_ZERO            ((DWORD)0xC0000094)
#define STATUS_INTEGER_OVERFLOW                  ((DWORD)0xC0000095)
#define STATUS_PRIVILEGED_INSTRUCTION            ((DWORD)0xC0000096)
#define STATUS_STACK_OVERFLOW                    ((DWORD)0xC00000FD)
#define STATUS_DLL_NOT_FOUND                     ((DWORD)0xC0000135)
#define STATUS_ORDINAL_NOT_FOUND                 ((DWORD)0xC0000138)
#define STATUS_ENTRYPOINT_NOT_FOUND              ((DWORD)0xC0000139)
#define STATUS_CONTROL_C_EXIT                    ((DWORD)0xC000013A)
#define STATUS_DLL_INIT_FAILED                   ((DWORD)0xC0000142)
#define STATUS_FLOAT_MULTIPLE_FAULTS             ((DWORD)0xC00002B4)
#define STATUS_FLOAT_MULTIPLE_TRAPS              ((DWORD)0xC00002B5)
#define STATUS_REG_NAT_CONSUMPTION               ((DWORD)0xC00002C9)
#define STATUS_HEAP_CORRUPTION                   ((DWORD)0xC0000374)
#define STATUS_STACK_BUFFER_OVERRUN              ((DWORD)0xC0000409)
#define STATUS_INVALID_CRUNTIME_PARAMETER        ((DWORD)0xC0000417)
#define STATUS_ASSERTION_FAILURE                 ((DWORD)0xC0000420)
#define STATUS_SXS_EARLY_DEACTIVATION            ((DWORD)0xC015000F)
#define STATUS_SXS_INVALID_DEACTIVATION          ((DWORD)0xC0150010)
#endif

typedef PVOID PACCESS_TOKEN;
typedef PVOID PSECURITY_DESCRIPTOR;
typedef PVOID PSID;
typedef DWORD SECURITY_INFORMATION, *PSECURITY_INFORMATION;
typedef DWORD EXECUTION_STATE;
typedef WORD SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;
#define SECURITY_DESCRIPTOR_REVISION  1
#define OWNER_SECURITY_INFORMATION    0x00000001
#define GROUP_SECURITY_INFORMATION    0x00000002
#define DACL_SECURITY_INFORMATION     0x00000004

typedef struct _ACL {
    BYTE AclRevision;
    BYTE Sbz1;
    WORD AclSize;
    WORD AceCount;
    WORD Sbz2;
} ACL, *PACL;

#define SE_OWNER_DEFAULTED 0x0001
#define SE_GROUP_DEFAULTED 0x0002
#define SE_DACL_PRESENT    0x0004
#define SE_DACL_DEFAULTED  0x0008
#define SE_SACL_PRESENT    0x0010
#define SE_SACL_DEFAULTED  0x0020
#define SE_SELF_RELATIVE   0x8000
typedef struct _SECURITY_DESCRIPTOR {
    BYTE Revision;
    BYTE Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
} SECURITY_DESCRIPTOR;
#define SECURITY_DESCRIPTOR_MIN_LENGTH (sizeof(SECURITY_DESCRIPTOR))

typedef struct _GENERIC_MAPPING {
    ACCESS_MASK GenericRead;
    ACCESS_MASK GenericWrite;
    ACCESS_MASK GenericExecute;
    ACCESS_MASK GenericAll;
} GENERIC_MAPPING, *PGENERIC_MAPPING;

typedef struct _LUID_AND_ATTRIBUTES {
    LUID Luid;
    DWORD Attributes;
} LUID_AND_ATTRIBUTES, *PLUID_AND_ATTRIBUTES;

typedef enum _SECURITY_IMPERSONATION_LEVEL {
    SecurityAnonymous,
    SecurityIdentification,
    SecurityImpersonation,
    SecurityDelegation
} SECURITY_IMPERSONATION_LEVEL, *PSECURITY_IMPERSONATION_LEVEL;

/* Locks. A lock that is all zeroes is initialised and free. The content is this library's. */
typedef struct _RTL_CRITICAL_SECTION_DEBUG {
    WORD Type;
    WORD CreatorBackTraceIndex;
    struct _RTL_CRITICAL_SECTION *CriticalSection;
    LIST_ENTRY ProcessLocksList;
    DWORD EntryCount;
    DWORD ContentionCount;
    DWORD Flags;
    WORD CreatorBackTraceIndexHigh;
    WORD SpareWORD;
} RTL_CRITICAL_SECTION_DEBUG, *PRTL_CRITICAL_SECTION_DEBUG;

typedef struct _RTL_CRITICAL_SECTION {
    PRTL_CRITICAL_SECTION_DEBUG DebugInfo;
    LONG LockCount;
    LONG RecursionCount;
    HANDLE OwningThread;
    HANDLE LockSemaphore;
    ULONG_PTR SpinCount;
} RTL_CRITICAL_SECTION, *PRTL_CRITICAL_SECTION;
OVL_STATIC_ASSERT(sizeof(RTL_CRITICAL_SECTION) == 40, "CRITICAL_SECTION has the size of Windows x64");
#define RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO 0x01000000
#define CRITICAL_SECTION_NO_DEBUG_INFO          RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO

typedef struct _RTL_SRWLOCK {
    PVOID Ptr;
} RTL_SRWLOCK, *PRTL_SRWLOCK;
#define RTL_SRWLOCK_INIT {0}
typedef struct _RTL_CONDITION_VARIABLE {
    PVOID Ptr;
} RTL_CONDITION_VARIABLE, *PRTL_CONDITION_VARIABLE;
#define RTL_CONDITION_VARIABLE_INIT                {0}
#define RTL_CONDITION_VARIABLE_LOCKMODE_SHARED     0x1
typedef union _RTL_RUN_ONCE {
    PVOID Ptr;
} RTL_RUN_ONCE, *PRTL_RUN_ONCE;
#define RTL_RUN_ONCE_INIT           {0}
#define RTL_RUN_ONCE_CHECK_ONLY     0x00000001
#define RTL_RUN_ONCE_ASYNC          0x00000002
#define RTL_RUN_ONCE_INIT_FAILED    0x00000004
#define RTL_RUN_ONCE_CTX_RESERVED_BITS 2

typedef VOID(NTAPI *PAPCFUNC)(ULONG_PTR Parameter);
typedef VOID(NTAPI *WAITORTIMERCALLBACKFUNC)(PVOID, BOOLEAN);
typedef VOID(NTAPI *WORKERCALLBACKFUNC)(PVOID);
typedef VOID(NTAPI *PFLS_CALLBACK_FUNCTION)(PVOID lpFlsData);

typedef LONG(NTAPI *PVECTORED_EXCEPTION_HANDLER)(struct _EXCEPTION_POINTERS *ExceptionInfo);

typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    DWORD AllocationProtect;
    WORD PartitionId;
    SIZE_T RegionSize;
    DWORD State;
    DWORD Protect;
    DWORD Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

typedef struct _FILE_NOTIFY_INFORMATION {
    DWORD NextEntryOffset;
    DWORD Action;
    DWORD FileNameLength;
    WCHAR FileName[1];
} FILE_NOTIFY_INFORMATION, *PFILE_NOTIFY_INFORMATION;

typedef union _FILE_SEGMENT_ELEMENT {
    PVOID64 Buffer;
    ULONGLONG Alignment;
} FILE_SEGMENT_ELEMENT, *PFILE_SEGMENT_ELEMENT;

typedef struct _FILE_ID_128 {
    BYTE Identifier[16];
} FILE_ID_128, *PFILE_ID_128;

typedef struct _IO_COUNTERS {
    ULONGLONG ReadOperationCount;
    ULONGLONG WriteOperationCount;
    ULONGLONG OtherOperationCount;
    ULONGLONG ReadTransferCount;
    ULONGLONG WriteTransferCount;
    ULONGLONG OtherTransferCount;
} IO_COUNTERS, *PIO_COUNTERS;

typedef struct _OSVERSIONINFOA {
    DWORD dwOSVersionInfoSize;
    DWORD dwMajorVersion;
    DWORD dwMinorVersion;
    DWORD dwBuildNumber;
    DWORD dwPlatformId;
    CHAR szCSDVersion[128];
} OSVERSIONINFOA, *POSVERSIONINFOA, *LPOSVERSIONINFOA;
typedef struct _OSVERSIONINFOW {
    DWORD dwOSVersionInfoSize;
    DWORD dwMajorVersion;
    DWORD dwMinorVersion;
    DWORD dwBuildNumber;
    DWORD dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, *LPOSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;
typedef struct _OSVERSIONINFOEXA {
    DWORD dwOSVersionInfoSize;
    DWORD dwMajorVersion;
    DWORD dwMinorVersion;
    DWORD dwBuildNumber;
    DWORD dwPlatformId;
    CHAR szCSDVersion[128];
    WORD wServicePackMajor;
    WORD wServicePackMinor;
    WORD wSuiteMask;
    BYTE wProductType;
    BYTE wReserved;
} OSVERSIONINFOEXA, *POSVERSIONINFOEXA, *LPOSVERSIONINFOEXA;
typedef struct _OSVERSIONINFOEXW {
    DWORD dwOSVersionInfoSize;
    DWORD dwMajorVersion;
    DWORD dwMinorVersion;
    DWORD dwBuildNumber;
    DWORD dwPlatformId;
    WCHAR szCSDVersion[128];
    WORD wServicePackMajor;
    WORD wServicePackMinor;
    WORD wSuiteMask;
    BYTE wProductType;
    BYTE wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, *LPOSVERSIONINFOEXW;
#ifdef UNICODE
typedef OSVERSIONINFOW OSVERSIONINFO, *POSVERSIONINFO, *LPOSVERSIONINFO;
typedef OSVERSIONINFOEXW OSVERSIONINFOEX, *POSVERSIONINFOEX, *LPOSVERSIONINFOEX;
#else
typedef OSVERSIONINFOA OSVERSIONINFO, *POSVERSIONINFO, *LPOSVERSIONINFO;
typedef OSVERSIONINFOEXA OSVERSIONINFOEX, *POSVERSIONINFOEX, *LPOSVERSIONINFOEX;
#endif

#define RtlEqualMemory(a, b, n)      (!memcmp((a), (b), (n)))
#define RtlMoveMemory(to, from, n)   memmove((to), (from), (n))
#define RtlCopyMemory(to, from, n)   memcpy((to), (from), (n))
#define RtlFillMemory(to, n, value)  memset((to), (value), (n))
/* Zeroes memory that is not read again: the compiler must not leave it out. */
FORCEINLINE PVOID RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
    memset(ptr, 0, cnt);
    __asm__ volatile("" : : "r"(ptr) : "memory");
    return ptr;
}
#define RtlZeroMemory(to, n)         memset((to), 0, (n))

#include "interlockedapi.h"

#endif
