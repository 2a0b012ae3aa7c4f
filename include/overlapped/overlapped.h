/* SPDX-License-Identifier: MIT */
/* Overlapped's own small interface, beside the Windows names: to look at what the library does. Plain C and
 * C++, needs no other header of ours. Handles are given as void *, so a HANDLE goes as it is.
 *
 * Functions return 0 or a Win32 error code (they do not touch the last error). */
#ifndef OVERLAPPED_H
#define OVERLAPPED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The engine in use ------------------------------------------------------------------------------ */

struct ovl_engine {
    const char *name;  /* "uring", "pool" or "sim"; static */
    uint64_t seed;     /* of sim */
    int has_uring;     /* io_uring answered when it was probed */
    int has_aio;       /* Linux AIO, for unbuffered files */
};

/* What carries requests in this process. Initialises the engine if nothing has yet. Cannot fail. */
void ovl_engine_describe(struct ovl_engine *engine);

/* ---- A completion port, looked at from outside --------------------------------------------------------- */

struct ovl_port_device {
    void *handle; /* one of the file's handles; NULL when all are closed and only requests keep it */
    uint64_t key;
};

struct ovl_port_packet {
    uint64_t key;
    void *overlapped;
    uint32_t bytes;
    int32_t status; /* NTSTATUS */
};

/* The five structures as they were at one moment (all read under the port's lock). Thread lists hold Linux
 * thread ids. */
struct ovl_port_view {
    uint32_t limit;  /* NumberOfConcurrentThreads, 0 resolved to the number of processors */
    uint32_t active; /* threads that count against the limit */
    uint32_t device_count, packet_count, waiting_count, released_count, paused_count;
    struct ovl_port_device *devices; /* in the order of association */
    struct ovl_port_packet *packets; /* first in first */
    uint32_t *waiting;               /* the newest, which is served next, first */
    uint32_t *released;
    uint32_t *paused;
};

/* Takes a view of the port behind `port` (a completion port's HANDLE). On success *view is the caller's, to be
 * given to ovl_free. ERROR_INVALID_HANDLE 6, ERROR_NOT_ENOUGH_MEMORY 8. Any thread. */
uint32_t ovl_port_view(void *port, struct ovl_port_view **view);

/* ---- Drivers ------------------------------------------------------------------------------------------- */

struct ovl_driver;

/* Loads a driver (a shared object that ovcc --driver made), calls its DriverEntry with the registry path of its service, and hands out
 * what ovl_driver_unload takes. `path` may have options behind it: ",inf=FILE" (else FILE.inf or FILE.inx beside the driver, if there
 * is one), ",id=ID" (a hardware or compatible id that it takes; several times) and ",reg=FILE" (values of its registry keys); ovl(1) says
 * more. USB devices that it takes, and that nobody uses, have been given to it when this returns: their interfaces can be opened.
 * Devices that it named are reached by CreateFile as \\.\NAME. ERROR_FILE_NOT_FOUND 2 (not loadable: the reason is in the trace,
 * category driver), ERROR_INVALID_PARAMETER 87 (an option, or an error in a file, which standard error tells), ERROR_PROC_NOT_FOUND 127,
 * or what DriverEntry's status means. Any thread. The environment's OVERLAPPED_DRIVERS (the same, with colons or semicolons between) are
 * loaded when a device is first looked for. */
uint32_t ovl_driver_load(const char *path, struct ovl_driver **driver);

/* Removes its devices (IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE), calls DriverUnload, and waits for what runs of it. ERROR_BUSY 170
 * while files are open on them, ERROR_INVALID_FUNCTION 1 for a driver without DriverUnload: it stays; or what refused the removal. After success the pointer is gone. */
uint32_t ovl_driver_unload(struct ovl_driver *driver);

/* ---- Virtual USB devices ------------------------------------------------------------------------------------ */

struct ovl_usb_device;

/* Plugs a device into this process: "mutt", "fx2" or "audio" (docs/usb-devices.md says what they are), options
 * "speed=full|high|super,faults=SCRIPT,seed=N,idle=MS,clock=PERMILLE" and the model's own, or NULL. It has arrived when this returns. ERROR_FILE_NOT_FOUND 2
 * (no such model), ERROR_INVALID_PARAMETER 87 (an option or script), ERROR_NOT_SUPPORTED 50 (not at this speed). Any thread. */
uint32_t ovl_usb_attach(const char *model, const char *options, struct ovl_usb_device **device);

/* Unplugs it for good: what pends ends as with a device that is pulled. The pointer is gone. NULL is allowed. */
void ovl_usb_detach(struct ovl_usb_device *device);

/* Pulls the plug (0) or puts it back (1); everybody has been told when it returns. */
uint32_t ovl_usb_plug(struct ovl_usb_device *device, int in);

/* Replaces the device's fault script; "" ends all faults. The grammar is in docs/usb-devices.md. Same script, seed and
 * packets: same faults. ERROR_INVALID_PARAMETER 87. */
uint32_t ovl_usb_faults(struct ovl_usb_device *device, const char *script, uint64_t seed);

/* Isochronous packets that the device received: number `index` of those since it was attached (or its record cleared), at
 * most `room` bytes of it. ERROR_FILE_NOT_FOUND 2: not there yet, or overwritten (the last 4096 are kept). */
struct ovl_usb_packet {
    uint64_t microframe; /* in which it went */
    uint32_t length;
    uint8_t endpoint;
};
uint32_t ovl_usb_packet(struct ovl_usb_device *device, uint32_t index, struct ovl_usb_packet *packet, void *buffer,
                        uint32_t room);

/* The bus's clock runs at permille/1000 of real time: 1000 as usual, 100 slowed, 0 stopped. Step moves it on by microframes of
 * 125 us. For tests; all virtual devices share it. */
void ovl_usb_clock(uint32_t permille);
void ovl_usb_clock_step(uint32_t microframes);

/* A device of one's own. The library answers standard requests from the descriptors; these functions do the rest. They are
 * called one at a time, on any thread, and must not block nor call the library, but for ovl_usb_ready. Each but the
 * descriptors may be NULL. */
struct ovl_usb_setup {
    uint8_t type, request;
    uint16_t value, index, length;
};

enum { OVL_USB_NAK = -1, OVL_USB_STALL = -2 };

struct ovl_usb_model {
    uint32_t size; /* sizeof(struct ovl_usb_model) */
    /* 18 bytes; one configuration with all that follows it. They stay as they are while the device is there, and must fit
     * the speed that it is attached at. */
    const uint8_t *device_descriptor;
    const uint8_t *configuration;
    uint16_t configuration_length;
    const char *strings[8];     /* UTF-8, by index from 1 */
    const char *interface_guid; /* "{...}": gives it WinUSB by Microsoft OS 2.0 descriptors (bcdUSB 0x0210 or above) */
    uint8_t os_vendor_code;     /* the vendor request by which those are read; not the model's then */

    void (*reset)(void *context, struct ovl_usb_device *device);
    void (*selected)(void *context, struct ovl_usb_device *device, uint8_t interface_number, uint8_t setting);
    /* Class and vendor requests: setup->length bytes at data, given (OUT) or to be filled (IN). Bytes moved, or OVL_USB_STALL. */
    int64_t (*control)(void *context, struct ovl_usb_device *device, const struct ovl_usb_setup *setup, void *data);
    /* Bulk and interrupt. in: at most `room` bytes are written; returns how many the device sends (a short packet or 0 ends the
     * transfer, more than `room` is babble). out: takes whole packets from the front, or all; returns how many bytes. Or OVL_USB_NAK:
     * nothing now, asked again after ovl_usb_ready; or OVL_USB_STALL. */
    int64_t (*in)(void *context, struct ovl_usb_device *device, uint8_t endpoint, uint16_t stream, void *buffer, uint32_t room);
    int64_t (*out)(void *context, struct ovl_usb_device *device, uint8_t endpoint, uint16_t stream, const void *data,
                   uint32_t length);
    /* Isochronous, a packet at a time, with the microframe that it belongs to. in returns the bytes sent. */
    uint32_t (*isoch_in)(void *context, struct ovl_usb_device *device, uint8_t endpoint, uint64_t microframe, void *buffer,
                         uint32_t room);
    void (*isoch_out)(void *context, struct ovl_usb_device *device, uint8_t endpoint, uint64_t microframe, const void *data,
                      uint32_t length);
    /* The bus stands still for the device (1), or goes on (0). */
    void (*suspended)(void *context, struct ovl_usb_device *device, int is_suspended);
    /* Nobody uses the device any more; the last call, on whatever thread used it last. Not after an attach that was refused. */
    void (*destroyed)(void *context);
};
uint32_t ovl_usb_attach_model(const struct ovl_usb_model *model, void *context, const char *options,
                              struct ovl_usb_device **device);

/* The endpoint has data, or takes some, again. Any thread, also inside the model's functions. */
void ovl_usb_ready(struct ovl_usb_device *device, uint8_t endpoint);

/* ---- USB devices, looked at ------------------------------------------------------------------------------- */

/* A device on any host. Texts are UTF-8, "" where the device has none. */
struct ovl_usb_info {
    char path[96];  /* its name here: "virtual-1", "1-2.3" */
    char host[16];  /* "virtual", "usbfs", "usbip" */
    char speed[24]; /* "high speed" */
    char manufacturer[128], product[128], serial[128];
    uint16_t vendor_id, product_id;
    uint16_t bus, address;
    uint32_t port;
};

/* The devices of all hosts that OVERLAPPED_USB names, as they are now. *devices is the caller's, for ovl_free.
 * ERROR_NOT_ENOUGH_MEMORY 8. Any thread that may block. */
uint32_t ovl_usb_list(struct ovl_usb_info **devices, uint32_t *count);

/* The descriptors of the device at `path` as text, decoded: of the configuration (brief), or all: device, BOS, Microsoft OS 2.0.
 * Opens the device for it. *text is the caller's, for ovl_free. ERROR_FILE_NOT_FOUND 2 (no such device), or why it
 * cannot be opened (ERROR_ACCESS_DENIED 5 ...). Any thread that may block. */
uint32_t ovl_usb_describe(const char *path, int brief, char **text);

/* What CreateFile takes to open the function with this interface of the device at `path`, for WinUsb_Initialize: \\?\usb#.... A
 * function that no driver serves is given to WinUSB, whatever its descriptors say. *device_path is the caller's, for ovl_free.
 * ERROR_FILE_NOT_FOUND 2 (no such device or interface), ERROR_ACCESS_DENIED 5 (another driver serves it). Any thread that may block. */
uint32_t ovl_usb_winusb(const char *path, uint8_t interface_number, char **device_path);

/* ---- USB devices for other machines ---------------------------------------------------------------------- */

struct ovl_usb_server;

/* Exports this process's USB devices (virtual ones and the machine's own, not those that are remote themselves) by the USB/IP protocol,
 * so that a Linux kernel (usbip attach), Windows or another process can use them. The protocol has no encryption and no passwords:
 * whoever reaches the port has the devices. address: NULL is 127.0.0.1; any other than loopback is announced on standard error. port: 0
 * takes a free one; *bound_port tells which. ERROR_ADDRESS_ALREADY_ASSOCIATED 1227, ERROR_ACCESS_DENIED 5, ERROR_INVALID_PARAMETER 87,
 * ERROR_NOT_ENOUGH_MEMORY 8. Any thread. *server is the caller's, for ovl_usb_serve_stop. */
uint32_t ovl_usb_serve(const char *address, uint16_t port, struct ovl_usb_server **server, uint16_t *bound_port);

/* Ends the clients (their transfers are cancelled, the devices reset) and the listening; waits for both. The pointer is gone. */
void ovl_usb_serve_stop(struct ovl_usb_server *server);

/* Attaches devices of a USB/IP server to this process: "HOST", "HOST:PORT" or "[V6]:PORT". options: "" (all of the server's devices),
 * or "busid=ID" and "reconnect" (come back when the connection was lost), with a comma between. ERROR_HOST_UNREACHABLE 1232,
 * ERROR_CONNECTION_REFUSED 1225, ERROR_BUSY 170 (another client has it), ERROR_NO_SUCH_DEVICE 433. Blocks. */
uint32_t ovl_usb_attach_remote(const char *server, const char *options);

/* Frees what a function of this header handed out. NULL is allowed. */
void ovl_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
