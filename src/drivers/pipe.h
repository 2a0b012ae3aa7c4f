/* SPDX-License-Identifier: MIT */
/* Named and anonymous pipes, as the faces see them: what is created, and the questions about an
 * open end. ConnectNamedPipe is IRP_LISTEN, FlushFileBuffers IRP_FLUSH, TransactNamedPipe
 * IRP_CONTROL with PIPE_TRANSCEIVE; a client end is opened through `pipe_driver`. */
#ifndef DRIVERS_PIPE_H
#define DRIVERS_PIPE_H

#include "drivers/driver.h"

extern const struct driver pipe_driver;

enum {
    PIPE_TRANSCEIVE = 0x0011c017, /* FSCTL_PIPE_TRANSCEIVE */
    PIPE_INSTANCES_UNLIMITED = 255,
    PIPE_INBOUND = 1,  /* client to server */
    PIPE_OUTBOUND = 2, /* server to client */
};

/* What all instances of a pipe agree on, and the sizes and time-out of the first. */
struct pipe_params {
    uint32_t message; /* 1: message type */
    uint32_t access;  /* PIPE_INBOUND | PIPE_OUTBOUND */
    uint32_t max_instances;
    uint32_t out_size, in_size; /* as the server sees them */
    uint32_t timeout_ms;
};

struct pipe_create {
    const char *name; /* UTF-8, without \\.\pipe\ */
    struct pipe_params params;
    bool first; /* FILE_FLAG_FIRST_PIPE_INSTANCE */
    bool overlapped;
    bool message_mode, nowait;
};

/* A new instance, listening. STATUS_ACCESS_DENIED (not the first, or unlike the first),
 * STATUS_INSTANCE_NOT_AVAILABLE (all there may be), STATUS_OBJECT_NAME_INVALID. */
int32_t pipe_create(const struct pipe_create *create, struct file **file);

/* CreatePipe: a byte pipe with one direction, both ends synchronous. */
int32_t pipe_create_anonymous(uint32_t size, struct file **read, struct file **write);

/* A file whose one request (IRP_CONTROL with PIPE_AWAIT) waits until an instance of `name` is free.
 * `timeout_ms` 0: the pipe's own; UINT32_MAX: for ever. It ends with STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_IO_TIMEOUT or success. */
enum { PIPE_AWAIT = 0x00110018 /* FSCTL_PIPE_WAIT */ };
int32_t pipe_wait_open(const char *name, uint32_t timeout_ms, struct file **file);

/* INFO_PIPE. The caller says what it asks for. */
enum pipe_ask {
    PIPE_ASK_STATE = 1,     /* message_mode, nowait: get, set */
    PIPE_ASK_PARAMS = 2,    /* server_end, params: get */
    PIPE_ASK_INSTANCES = 4, /* get */
    PIPE_ASK_PROCESSES = 8, /* get; only of a connected pipe */
};

struct pipe_info {
    uint32_t ask; /* enum pipe_ask */
    bool message_mode, nowait;
    bool server_end;
    struct pipe_params params;
    uint32_t instances;
    uint32_t client_process, server_process;
};

/* INFO_PEEK. */
struct pipe_peek {
    void *buffer;
    uint32_t length;
    uint32_t read;         /* out: bytes copied */
    uint32_t available;    /* out: bytes in the pipe */
    uint32_t message_left; /* out: of the first message, behind what was copied */
};

#endif
