/* SPDX-License-Identifier: MIT */
/* What receives and sends share: a transfer with several buffers or an address, its copy for a
 * request that pends, its form for recvmsg and sendmsg; and what the failure of a connection means
 * to later calls. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct afd_buffer) == sizeof(struct iovec) &&
                   offsetof(struct afd_buffer, data) == offsetof(struct iovec, iov_base) &&
                   offsetof(struct afd_buffer, length) == offsetof(struct iovec, iov_len),
               "buffers are passed to the kernel as they are");
_Static_assert(AFD_OOB == (int)MSG_OOB && AFD_PEEK == (int)MSG_PEEK &&
                   AFD_DONT_ROUTE == (int)MSG_DONTROUTE,
               "these flags are Linux' too");

int32_t afd_failure(struct afd_socket *sock, int error)
{
    if (!afd_is_stream(sock))
        return error == ECONNREFUSED ? STATUS_PORT_UNREACHABLE : afd_status(error);
    if (error == EPIPE && atomic_load(&sock->no_send))
        return STATUS_PIPE_DISCONNECTED;
    int32_t known = atomic_load(&sock->failure);
    if (error == EPIPE && known != 0)
        return known;
    int32_t status = afd_status(error);
    if (status == STATUS_CONNECTION_RESET || status == STATUS_CONNECTION_ABORTED ||
        status == STATUS_IO_TIMEOUT || status == STATUS_HOST_UNREACHABLE ||
        status == STATUS_NETWORK_UNREACHABLE)
        atomic_store(&sock->failure, status);
    return status;
}

bool afd_transfer_keep(struct irp *irp)
{
    const struct afd_transfer *from = irp->driver[0];
    if (from == NULL)
        return true;
    size_t buffers = from->count * sizeof *from->buffers;
    struct afd_transfer *transfer = malloc(sizeof *transfer + buffers + (size_t)from->address_size);
    if (transfer == NULL)
        return false;
    *transfer = *from;
    transfer->buffers = (struct afd_buffer *)(transfer + 1);
    memcpy(transfer->buffers, from->buffers, buffers);
    if (from->address_size != 0) {
        transfer->address = (char *)transfer->buffers + buffers;
        memcpy(transfer->address, from->address, (size_t)from->address_size);
    }
    irp->driver[0] = transfer;
    return true;
}

/* What of the buffers is behind the first `skip` bytes; at most AFD_VECTOR_MAX of them. */
static size_t transfer_rest(const struct afd_transfer *transfer, uint64_t skip,
                            struct iovec *vector)
{
    size_t used = 0;
    for (uint32_t i = 0; i < transfer->count && used < AFD_VECTOR_MAX; i++) {
        const struct afd_buffer *buffer = &transfer->buffers[i];
        if (skip >= buffer->length) {
            skip -= buffer->length;
            continue;
        }
        vector[used].iov_base = (char *)buffer->data + skip;
        vector[used].iov_len = buffer->length - skip;
        skip = 0;
        used++;
    }
    return used;
}

void afd_message_fill(struct msghdr *message, const struct irp *irp, struct iovec *vector)
{
    const struct afd_transfer *transfer = irp->driver[0];
    if (irp->information == 0) {
        message->msg_iov = (struct iovec *)(void *)transfer->buffers;
        message->msg_iovlen = transfer->count < IOV_MAX ? transfer->count : IOV_MAX;
        return;
    }
    message->msg_iov = vector;
    message->msg_iovlen = transfer_rest(transfer, irp->information, vector);
}
