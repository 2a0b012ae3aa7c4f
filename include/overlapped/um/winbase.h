/* SPDX-License-Identifier: MIT */
/* The older half of the base calls: flags of files and pipes, heaps of handles, messages, copying,
 * security descriptors, strings. */
#ifndef _WINBASE_H_
#define _WINBASE_H_
#include "minwindef.h"
#include "minwinbase.h"
#include "errhandlingapi.h"
#include "handleapi.h"
#include "fileapi.h"
#include "ioapiset.h"
#include "synchapi.h"
#include "processthreadsapi.h"
#include "namedpipeapi.h"
#include "libloaderapi.h"
#include "memoryapi.h"
#include "heapapi.h"
#include "sysinfoapi.h"
#include "profileapi.h"
#include "timezoneapi.h"
#include "fibersapi.h"
#include "debugapi.h"
#include "processenv.h"
#include "interlockedapi.h"
#include "stringapiset.h"
#include "realtimeapiset.h"
#include "utilapiset.h"

#include <stdarg.h>
#define CopyMemory   RtlCopyMemory
#define MoveMemory   RtlMoveMemory
#define FillMemory   RtlFillMemory
#define ZeroMemory   RtlZeroMemory
#define SecureZeroMemory RtlSecureZeroMemory
#define FILE_BEGIN   0
#define FILE_CURRENT 1
#define FILE_END     2
#define HasOverlappedIoCompleted(overlapped)                                                       \
    (__atomic_load_n(&(overlapped)->Internal, __ATOMIC_ACQUIRE) != 0x103)
#define NMPWAIT_WAIT_FOREVER                         0xffffffffu
#define NMPWAIT_NOWAIT                               0x00000001
#define NMPWAIT_USE_DEFAULT_WAIT                     0x00000000
#define CALLBACK_CHUNK_FINISHED                      0x00000000
#define DRIVE_UNKNOWN                                0x00000000
#define FILE_NAME_NORMALIZED                         0x00000000
#define FILE_TYPE_UNKNOWN                            0x00000000
#define GMEM_FIXED                                   0x00000000
#define IGNORE                                       0x00000000
#define LMEM_FIXED                                   0x00000000
#define PIPE_ACCEPT_REMOTE_CLIENTS                   0x00000000
#define PIPE_CLIENT_END                              0x00000000
#define PIPE_READMODE_BYTE                           0x00000000
#define PIPE_TYPE_BYTE                               0x00000000
#define PIPE_WAIT                                    0x00000000
#define PROGRESS_CONTINUE                            0x00000000
#define SECURITY_ANONYMOUS                           0x00000000
#define VOLUME_NAME_DOS                              0x00000000
#define CALLBACK_STREAM_SWITCH                       0x00000001
#define COPY_FILE_FAIL_IF_EXISTS                     0x00000001
#define DRIVE_NO_ROOT_DIR                            0x00000001
#define ES_SYSTEM_REQUIRED                           0x00000001
#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS         0x00000001
#define FILE_TYPE_DISK                               0x00000001
#define FILE_TYPE_NOTIFICATION_FLAG_USAGE_BEGIN      0x00000001
#define PIPE_ACCESS_INBOUND                          0x00000001
#define PIPE_NOWAIT                                  0x00000001
#define PIPE_SERVER_END                              0x00000001
#define PROGRESS_CANCEL                              0x00000001
#define REPLACEFILE_WRITE_THROUGH                    0x00000001
#define SYMBOLIC_LINK_FLAG_DIRECTORY                 0x00000001
#define VOLUME_NAME_GUID                             0x00000001
#define COPY_FILE_RESTARTABLE                        0x00000002
#define DRIVE_REMOVABLE                              0x00000002
#define ES_DISPLAY_REQUIRED                          0x00000002
#define FILE_SKIP_SET_EVENT_ON_HANDLE                0x00000002
#define FILE_TYPE_CHAR                               0x00000002
#define FILE_TYPE_NOTIFICATION_FLAG_USAGE_END        0x00000002
#define GMEM_MOVEABLE                                0x00000002
#define LMEM_MOVEABLE                                0x00000002
#define MOVEFILE_COPY_ALLOWED                        0x00000002
#define PIPE_ACCESS_OUTBOUND                         0x00000002
#define PIPE_READMODE_MESSAGE                        0x00000002
#define PROGRESS_STOP                                0x00000002
#define REPLACEFILE_IGNORE_MERGE_ERRORS              0x00000002
#define SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE 0x00000002
#define VOLUME_NAME_NT                               0x00000002
#define DRIVE_FIXED                                  0x00000003
#define FILE_TYPE_PIPE                               0x00000003
#define PIPE_ACCESS_DUPLEX                           0x00000003
#define PROGRESS_QUIET                               0x00000003
#define COPY_FILE_OPEN_SOURCE_FOR_WRITE              0x00000004
#define DRIVE_REMOTE                                 0x00000004
#define MOVEFILE_DELAY_UNTIL_REBOOT                  0x00000004
#define PIPE_TYPE_MESSAGE                            0x00000004
#define REPLACEFILE_IGNORE_ACL_ERRORS                0x00000004
#define VOLUME_NAME_NONE                             0x00000004
#define DRIVE_CDROM                                  0x00000005
#define DRIVE_RAMDISK                                0x00000006
#define COPY_FILE_ALLOW_DECRYPTED_DESTINATION        0x00000008
#define FILE_NAME_OPENED                             0x00000008
#define MOVEFILE_WRITE_THROUGH                       0x00000008
#define PIPE_REJECT_REMOTE_CLIENTS                   0x00000008
#define MAX_COMPUTERNAME_LENGTH                      0x0000000F
#define GMEM_NOCOMPACT                               0x00000010
#define LMEM_NOCOMPACT                               0x00000010
#define MOVEFILE_CREATE_HARDLINK                     0x00000010
#define GMEM_NODISCARD                               0x00000020
#define LMEM_NODISCARD                               0x00000020
#define MOVEFILE_FAIL_IF_NOT_TRACKABLE               0x00000020
#define GMEM_ZEROINIT                                0x00000040
#define GPTR                                         0x00000040
#define LMEM_ZEROINIT                                0x00000040
#define LPTR                                         0x00000040
#define GHND                                         0x00000042
#define LHND                                         0x00000042
#define GMEM_MODIFY                                  0x00000080
#define LMEM_MODIFY                                  0x00000080
#define FORMAT_MESSAGE_MAX_WIDTH_MASK                0x000000FF
#define GMEM_LOCKCOUNT                               0x000000FF
#define LMEM_LOCKCOUNT                               0x000000FF
#define PIPE_UNLIMITED_INSTANCES                     0x000000FF
#define FORMAT_MESSAGE_ALLOCATE_BUFFER               0x00000100
#define GMEM_DISCARDABLE                             0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS                0x00000200
#define FORMAT_MESSAGE_FROM_STRING                   0x00000400
#define COPY_FILE_COPY_SYMLINK                       0x00000800
#define FORMAT_MESSAGE_FROM_HMODULE                  0x00000800
#define LMEM_DISCARDABLE                             0x00000F00
#define LMEM_VALID_FLAGS                             0x00000F72
#define COPY_FILE_NO_BUFFERING                       0x00001000
#define FORMAT_MESSAGE_FROM_SYSTEM                   0x00001000
#define GMEM_LOWER                                   0x00001000
#define GMEM_NOT_BANKED                              0x00001000
#define COPY_FILE_REQUEST_SECURITY_PRIVILEGES        0x00002000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY                0x00002000
#define GMEM_DDESHARE                                0x00002000
#define GMEM_SHARE                                   0x00002000
#define COPY_FILE_RESUME_FROM_PAUSE                  0x00004000
#define GMEM_DISCARDED                               0x00004000
#define GMEM_NOTIFY                                  0x00004000
#define LMEM_DISCARDED                               0x00004000
#define GMEM_VALID_FLAGS                             0x00007F72
#define FILE_TYPE_REMOTE                             0x00008000
#define GMEM_INVALID_HANDLE                          0x00008000
#define LMEM_INVALID_HANDLE                          0x00008000
#define SECURITY_IDENTIFICATION                      0x00010000
#define SECURITY_IMPERSONATION                       0x00020000
#define SECURITY_DELEGATION                          0x00030000
#define COPY_FILE_NO_OFFLOAD                         0x00040000
#define SECURITY_CONTEXT_TRACKING                    0x00040000
#define FILE_FLAG_FIRST_PIPE_INSTANCE                0x00080000
#define SECURITY_EFFECTIVE_ONLY                      0x00080000
#define FILE_FLAG_OPEN_NO_RECALL                     0x00100000
#define SECURITY_SQOS_PRESENT                        0x00100000
#define FILE_FLAG_OPEN_REPARSE_POINT                 0x00200000
#define COPY_FILE_IGNORE_EDP_BLOCK                   0x00400000
#define COPY_FILE_IGNORE_SOURCE_ENCRYPTION           0x00800000
#define FILE_FLAG_SESSION_AWARE                      0x00800000
#define FILE_FLAG_POSIX_SEMANTICS                    0x01000000
#define COPY_FILE_DONT_REQUEST_DEST_WRITE_DAC        0x02000000
#define FILE_FLAG_BACKUP_SEMANTICS                   0x02000000
#define FILE_FLAG_DELETE_ON_CLOSE                    0x04000000
#define FILE_FLAG_SEQUENTIAL_SCAN                    0x08000000
#define COPY_FILE_REQUEST_COMPRESSED_TRAFFIC         0x10000000
#define FILE_FLAG_RANDOM_ACCESS                      0x10000000
#define FILE_FLAG_NO_BUFFERING                       0x20000000
#define FILE_FLAG_OVERLAPPED                         0x40000000
#define ES_CONTINUOUS                                0x80000000u
#define FILE_FLAG_WRITE_THROUGH                      0x80000000u

typedef struct _FILE_BASIC_INFO {
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    DWORD FileAttributes;
} FILE_BASIC_INFO, *PFILE_BASIC_INFO;
typedef struct _FILE_STANDARD_INFO {
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER EndOfFile;
    DWORD NumberOfLinks;
    BOOLEAN DeletePending;
    BOOLEAN Directory;
} FILE_STANDARD_INFO, *PFILE_STANDARD_INFO;
typedef struct _FILE_NAME_INFO {
    DWORD FileNameLength;
    WCHAR FileName[1];
} FILE_NAME_INFO, *PFILE_NAME_INFO;
typedef struct _FILE_RENAME_INFO {
    union {
        BOOLEAN ReplaceIfExists;
        DWORD Flags;
    };
    HANDLE RootDirectory;
    DWORD FileNameLength;
    WCHAR FileName[1];
} FILE_RENAME_INFO, *PFILE_RENAME_INFO;
typedef struct _FILE_ALLOCATION_INFO {
    LARGE_INTEGER AllocationSize;
} FILE_ALLOCATION_INFO, *PFILE_ALLOCATION_INFO;
typedef struct _FILE_END_OF_FILE_INFO {
    LARGE_INTEGER EndOfFile;
} FILE_END_OF_FILE_INFO, *PFILE_END_OF_FILE_INFO;
typedef struct _FILE_DISPOSITION_INFO {
    BOOLEAN DeleteFile;
} FILE_DISPOSITION_INFO, *PFILE_DISPOSITION_INFO;
typedef struct _FILE_DISPOSITION_INFO_EX {
    DWORD Flags;
} FILE_DISPOSITION_INFO_EX, *PFILE_DISPOSITION_INFO_EX;
typedef struct _FILE_ATTRIBUTE_TAG_INFO {
    DWORD FileAttributes;
    DWORD ReparseTag;
} FILE_ATTRIBUTE_TAG_INFO, *PFILE_ATTRIBUTE_TAG_INFO;
typedef struct _FILE_COMPRESSION_INFO {
    LARGE_INTEGER CompressedFileSize;
    WORD CompressionFormat;
    UCHAR CompressionUnitShift;
    UCHAR ChunkShift;
    UCHAR ClusterShift;
    UCHAR Reserved[3];
} FILE_COMPRESSION_INFO, *PFILE_COMPRESSION_INFO;
typedef struct _FILE_ID_INFO {
    ULONGLONG VolumeSerialNumber;
    FILE_ID_128 FileId;
} FILE_ID_INFO, *PFILE_ID_INFO;
typedef struct _FILE_ALIGNMENT_INFO {
    ULONG AlignmentRequirement;
} FILE_ALIGNMENT_INFO, *PFILE_ALIGNMENT_INFO;
typedef struct _FILE_STORAGE_INFO {
    ULONG LogicalBytesPerSector;
    ULONG PhysicalBytesPerSectorForAtomicity;
    ULONG PhysicalBytesPerSectorForPerformance;
    ULONG FileSystemEffectivePhysicalBytesPerSectorForAtomicity;
    ULONG Flags;
    ULONG ByteOffsetForSectorAlignment;
    ULONG ByteOffsetForPartitionAlignment;
} FILE_STORAGE_INFO, *PFILE_STORAGE_INFO;
typedef enum _PRIORITY_HINT {
    IoPriorityHintVeryLow = 0,
    IoPriorityHintLow,
    IoPriorityHintNormal,
    MaximumIoPriorityHintType
} PRIORITY_HINT;
typedef struct _FILE_IO_PRIORITY_HINT_INFO {
    PRIORITY_HINT PriorityHint;
} FILE_IO_PRIORITY_HINT_INFO, *PFILE_IO_PRIORITY_HINT_INFO;

typedef DWORD(WINAPI *LPPROGRESS_ROUTINE)(
    LARGE_INTEGER TotalFileSize, LARGE_INTEGER TotalBytesTransferred, LARGE_INTEGER StreamSize,
    LARGE_INTEGER StreamBytesTransferred, DWORD dwStreamNumber, DWORD dwCallbackReason,
    HANDLE hSourceFile, HANDLE hDestinationFile, LPVOID lpData);
typedef struct _MEMORYSTATUS {
    DWORD dwLength;
    DWORD dwMemoryLoad;
    SIZE_T dwTotalPhys;
    SIZE_T dwAvailPhys;
    SIZE_T dwTotalPageFile;
    SIZE_T dwAvailPageFile;
    SIZE_T dwTotalVirtual;
    SIZE_T dwAvailVirtual;
} MEMORYSTATUS, *LPMEMORYSTATUS;

OVL_BEGIN_C

BOOL WINAPI GetFileInformationByHandleEx(HANDLE hFile,
                                         FILE_INFO_BY_HANDLE_CLASS FileInformationClass,
                                         LPVOID lpFileInformation, DWORD dwBufferSize);
BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags);
BOOL WINAPI ReadDirectoryChangesW(HANDLE hDirectory, LPVOID lpBuffer, DWORD nBufferLength,
                                  BOOL bWatchSubtree, DWORD dwNotifyFilter, LPDWORD lpBytesReturned,
                                  LPOVERLAPPED lpOverlapped,
                                  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
HANDLE WINAPI ReOpenFile(HANDLE hOriginalFile, DWORD dwDesiredAccess, DWORD dwShareMode,
                         DWORD dwFlagsAndAttributes);
BOOL WINAPI CopyFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, BOOL bFailIfExists);
BOOL WINAPI CopyFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, BOOL bFailIfExists);
BOOL WINAPI CopyFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName,
                        LPPROGRESS_ROUTINE lpProgressRoutine, LPVOID lpData, LPBOOL pbCancel,
                        DWORD dwCopyFlags);
BOOL WINAPI CopyFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName,
                        LPPROGRESS_ROUTINE lpProgressRoutine, LPVOID lpData, LPBOOL pbCancel,
                        DWORD dwCopyFlags);
BOOL WINAPI MoveFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName);
BOOL WINAPI MoveFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName);
BOOL WINAPI MoveFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, DWORD dwFlags);
BOOL WINAPI MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, DWORD dwFlags);
BOOL WINAPI ReplaceFileA(LPCSTR lpReplacedFileName, LPCSTR lpReplacementFileName,
                         LPCSTR lpBackupFileName, DWORD dwReplaceFlags, LPVOID lpExclude,
                         LPVOID lpReserved);
BOOL WINAPI ReplaceFileW(LPCWSTR lpReplacedFileName, LPCWSTR lpReplacementFileName,
                         LPCWSTR lpBackupFileName, DWORD dwReplaceFlags, LPVOID lpExclude,
                         LPVOID lpReserved);
BOOL WINAPI CreateHardLinkA(LPCSTR lpFileName, LPCSTR lpExistingFileName,
                            LPSECURITY_ATTRIBUTES lpSecurityAttributes);
BOOL WINAPI CreateHardLinkW(LPCWSTR lpFileName, LPCWSTR lpExistingFileName,
                            LPSECURITY_ATTRIBUTES lpSecurityAttributes);
BOOLEAN WINAPI CreateSymbolicLinkA(LPCSTR lpSymlinkFileName, LPCSTR lpTargetFileName,
                                   DWORD dwFlags);
BOOLEAN WINAPI CreateSymbolicLinkW(LPCWSTR lpSymlinkFileName, LPCWSTR lpTargetFileName,
                                   DWORD dwFlags);
DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer);
DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer);
BOOL WINAPI GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize);
BOOL WINAPI GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize);
BOOL WINAPI GetUserNameA(LPSTR lpBuffer, LPDWORD pcbBuffer);
BOOL WINAPI GetUserNameW(LPWSTR lpBuffer, LPDWORD pcbBuffer);
HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
HLOCAL WINAPI LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags);
HLOCAL WINAPI LocalFree(HLOCAL hMem);
SIZE_T WINAPI LocalSize(HLOCAL hMem);
LPVOID WINAPI LocalLock(HLOCAL hMem);
BOOL WINAPI LocalUnlock(HLOCAL hMem);
HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);
HGLOBAL WINAPI GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags);
HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);
SIZE_T WINAPI GlobalSize(HGLOBAL hMem);
LPVOID WINAPI GlobalLock(HGLOBAL hMem);
BOOL WINAPI GlobalUnlock(HGLOBAL hMem);
void WINAPI GlobalMemoryStatus(LPMEMORYSTATUS lpBuffer);
DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPSTR lpBuffer, DWORD nSize, va_list *Arguments);
DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPWSTR lpBuffer, DWORD nSize, va_list *Arguments);
LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2);
LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2);
int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2);
int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2);
int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2);
int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2);
LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2);
LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2);
LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength);
LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength);
int WINAPI lstrlenA(LPCSTR lpString);
int WINAPI lstrlenW(LPCWSTR lpString);
BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor,
                                         DWORD dwRevision);
BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bDaclPresent,
                                      PACL pDacl, BOOL bDaclDefaulted);
EXECUTION_STATE WINAPI SetThreadExecutionState(EXECUTION_STATE esFlags);
BOOL WINAPI GetProcessIoCounters(HANDLE hProcess, PIO_COUNTERS lpIoCounters);
BOOL WINAPI SetProcessWorkingSetSize(HANDLE hProcess, SIZE_T dwMinimumWorkingSetSize,
                                     SIZE_T dwMaximumWorkingSetSize);
void WINAPI InitializeSListHead(PSLIST_HEADER ListHead);
PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead);
PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead);
USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead);
UINT WINAPI SetHandleCount(UINT uNumber);
BOOL WINAPI IsBadReadPtr(const void *lp, UINT_PTR ucb);
BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb);
void WINAPI SetFileApisToOEM(void);
void WINAPI SetFileApisToANSI(void);
BOOL WINAPI SetProcessAffinityMask(HANDLE hProcess, DWORD_PTR dwProcessAffinityMask);
BOOL WINAPI DosDateTimeToFileTime(WORD wFatDate, WORD wFatTime, LPFILETIME lpFileTime);
BOOL WINAPI FileTimeToDosDateTime(const FILETIME *lpFileTime, LPWORD lpFatDate, LPWORD lpFatTime);

OVL_END_C

#ifdef UNICODE
#define CopyFile           CopyFileW
#define CopyFileEx         CopyFileExW
#define MoveFile           MoveFileW
#define MoveFileEx         MoveFileExW
#define ReplaceFile        ReplaceFileW
#define CreateHardLink     CreateHardLinkW
#define CreateSymbolicLink CreateSymbolicLinkW
#define GetTempPath        GetTempPathW
#define GetComputerName    GetComputerNameW
#define GetUserName        GetUserNameW
#define FormatMessage      FormatMessageW
#define lstrcat            lstrcatW
#define lstrcmp            lstrcmpW
#define lstrcmpi           lstrcmpiW
#define lstrcpy            lstrcpyW
#define lstrcpyn           lstrcpynW
#define lstrlen            lstrlenW
#else
#define CopyFile           CopyFileA
#define CopyFileEx         CopyFileExA
#define MoveFile           MoveFileA
#define MoveFileEx         MoveFileExA
#define ReplaceFile        ReplaceFileA
#define CreateHardLink     CreateHardLinkA
#define CreateSymbolicLink CreateSymbolicLinkA
#define GetTempPath        GetTempPathA
#define GetComputerName    GetComputerNameA
#define GetUserName        GetUserNameA
#define FormatMessage      FormatMessageA
#define lstrcat            lstrcatA
#define lstrcmp            lstrcmpA
#define lstrcmpi           lstrcmpiA
#define lstrcpy            lstrcpyA
#define lstrcpyn           lstrcpynA
#define lstrlen            lstrlenA
#endif

OVL_BEGIN_C
int WINAPI WinMain(HINSTANCE hInstance, HINSTANCE hPrevInstance, LPSTR lpCmdLine, int nShowCmd);
int WINAPI wWinMain(HINSTANCE hInstance, HINSTANCE hPrevInstance, LPWSTR lpCmdLine, int nShowCmd);
OVL_END_C

#endif
