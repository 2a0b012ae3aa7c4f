/* SPDX-License-Identifier: MIT */
/* A connection between a server end and a client end, from listening to its end: two descriptors'
 * worth of readiness, the page that both ends share, and what a reader keeps between two reads. */
#ifndef DRIVERS_PIPE_LINK_H
#define DRIVERS_PIPE_LINK_H

#include "drivers/pipe_message.h"
#include "drivers/pipe_place.h"

/* One direction, in the shared page. Both numbers count bytes in their low bits and messages above,
 * and only grow; a writer announces before it sends, so `given == taken` after a read says that
 * nothing is on the way that will not make an edge. The other end may write nonsense here: then its
 * pipe stalls, no more. */
struct pipe_flow {
    _Alignas(64) _Atomic uint64_t given;
    _Atomic uint64_t taken;
};
#define PIPE_ONE_MESSAGE   ((uint64_t)1 << 44)
#define PIPE_BYTES(amount) ((amount) & (PIPE_ONE_MESSAGE - 1))

struct pipe_shared {
    uint32_t magic;
    uint32_t out_size, in_size;    /* of this instance, as the server sees them */
    _Atomic uint32_t disconnected; /* by DisconnectNamedPipe: what was not read is gone */
    _Atomic uint32_t ends_gone;    /* anonymous pipes: the second one unmaps the page */
    struct pipe_flow to_client, to_server;
};
enum { PIPE_PAGE_BYTES = 4096, PIPE_PAGE_MAGIC = 0x3150504f };
_Static_assert(sizeof(struct pipe_shared) <= PIPE_PAGE_BYTES, "one page");

enum pipe_phase { PIPE_LISTENING, PIPE_CONNECTED, PIPE_ENDED };

struct pipe_link {
    _Atomic uint32_t references; /* the end's, and one for each request on its way */
    _Atomic uint8_t phase;       /* enum pipe_phase; changed under lock */
    bool server, message;
    bool private_page;     /* anonymous: both ends are in this process, the last one unmaps */
    struct lock lock;      /* never held while a source's lock is taken */
    uint32_t listen_users; /* keep the listening socket: the listening phase, each IRP_LISTEN; under
                              lock */
    uint32_t quota;        /* bytes this end may have unread before its writes pend */
    struct pipe_shared *shared;
    struct pipe_flow *out, *in;
    struct pipe_place *place; /* servers */
    uint64_t id;              /* servers: the number of its entries */
    struct engine_source listener, source;

    /* By direction, under source.lock: the request that is half done. No other may come between its
     * parts, also while it is just on its way to the queue. */
    struct engine_op *begun[2];
    bool others_wait; /* one was told so and has to be driven when it is over */

    /* The reader's, under source.lock: a message that was longer than the buffer waits in `spill`.
     */
    struct pipe_reader reader;
    uint32_t spill_begin, spill_end;
    bool empty_waits; /* an empty message came where the one before should have gone on */
    bool corrupt;     /* the other end broke the rules */
    uint8_t *spill;   /* PIPE_FRAGMENT_MAX bytes, message type only */
};

/* A new listening instance, visible to clients. */
int32_t pipe_link_publish(struct pipe_place *place, uint32_t out_size, uint32_t in_size,
                          struct pipe_link **link);

/* Takes a free instance of `name`. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_PIPE_NOT_AVAILABLE,
 * STATUS_ACCESS_DENIED. */
int32_t pipe_link_connect(const char *name, uint32_t access, struct pipe_params *params,
                          struct pipe_link **link);

/* The two ends of an anonymous pipe. */
int32_t pipe_link_pair(uint32_t size, struct pipe_link *links[2]);

/* What pipe_link_connect would find. */
enum pipe_probe { PIPE_PROBE_NONE, PIPE_PROBE_BUSY, PIPE_PROBE_FREE };
enum pipe_probe pipe_probe(const char *name, struct pipe_params *params);

static inline void pipe_link_reference(struct pipe_link *link)
{
    atomic_fetch_add_explicit(&link->references, 1, memory_order_relaxed);
}
void pipe_link_release(struct pipe_link *link);

/* Takes the client if there is one: 0, -EAGAIN, -ENOTCONN when it is over.
 * `pipe_link_accept_inside` is for attempts on the listener; the other also completes the requests
 * that wait for it. */
int pipe_link_accept(struct pipe_link *link);
int pipe_link_accept_inside(struct pipe_link *link);

/* Keeps the listener for one IRP_LISTEN: false if nothing listens any more. */
bool pipe_link_listen_enter(struct pipe_link *link);
void pipe_link_listen_leave(struct pipe_link *link);

/* The end of the connection by this end, a server's: nobody can connect any more, and if
 * `disconnect` the other end loses what it has not read. Requests that wait end with -ENOTCONN. */
void pipe_link_end(struct pipe_link *link, bool disconnect);

/* Whether the other end has been closed. */
bool pipe_link_is_broken(struct pipe_link *link);
void pipe_link_processes(struct pipe_link *link, uint32_t *client, uint32_t *server);

/* The attempts of pipe_transfer.c; see there. */
int64_t pipe_attempt_read(struct engine_op *op);
int64_t pipe_attempt_write(struct engine_op *op);
int64_t pipe_attempt_flush(struct engine_op *op);
/* After the end of a request: those that waited for its parts go on. */
void pipe_turn_over(struct pipe_link *link, struct engine_op *op);
/* Whether a read may find something: not, as long as nothing more was announced. */
bool pipe_link_may_read(struct pipe_link *link);
int32_t pipe_link_peek(struct pipe_link *link, struct pipe_peek *peek);

/* What a request of ours keeps in irp->minor while a driver has it; irp->argument counts its bytes.
 */
enum pipe_request {
    PIPE_READ_MESSAGE = 0x01, /* read to the end of the message */
    PIPE_MORE = 0x02,         /* the message goes on behind the buffer */
    PIPE_SENT = 0x04,         /* all is written; it waits until enough was read */
    PIPE_WAITED = 0x08,       /* a write that did not fit at once */
    PIPE_REPLY = 0x10,        /* TransactNamedPipe: the reading half */
    PIPE_BLOCKS = 0x20,       /* its thread sleeps on the descriptor */
};

#endif
