/* SPDX-License-Identifier: MIT */
/* Which hosts there are, and how they begin: from the environment or by call. */
#ifndef USB_HOSTS_H
#define USB_HOSTS_H

struct usb_device;

/* Reads OVERLAPPED_USB once and starts what it names; the lists in device.h call it. Items are separated by semicolons:
 *   mutt|fx2|audio[,speed=full|high|super][,faults=SCRIPT or @FILE][,seed=N][,clock=PERMILLE][,idle=MS][,in=F.wav][,out=F.wav]   a virtual device
 *   usbfs[,detach]                 the machine's own devices; detach: consent to take interfaces from kernel drivers
 *   usbip:HOST[:PORT][,busid=B]    devices of a USB/IP server
 * OVERLAPPED_PCAP=FILE captures all hosts' traffic. What is wrong is said in the trace (category usb) and on standard error. */
void usb_hosts_start(void);

/* Each starts one more of these. 0 or -errno. */
int usb_virtual_attach_model(const char *model, const char *options, struct usb_device **device);
int usbfs_start(const char *options);
int usbip_attach(const char *server, const char *options);

#endif
