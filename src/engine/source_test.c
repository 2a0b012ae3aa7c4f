/* SPDX-License-Identifier: MIT */
/* Sources: order, the inline try, waiting for room, cancel and close against edges. */
#include "engine/test.h"

enum { ROUNDS = 20000 };

struct pair {
    struct engine_source source;
    int fd, peer;
};

static void pair_open(struct pair *pair)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        abort();
    pair->fd = fds[0];
    pair->peer = fds[1];
    engine_source_init(&pair->source, pair->fd);
}

static void pair_close(struct pair *pair)
{
    engine_source_close(&pair->source);
    close(pair->fd);
    close(pair->peer);
}

static void put(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        abort();
}

static struct test_op *order_seen[8];
static _Atomic uint32_t order_count;

static void order_done(struct engine_op *op, int64_t result)
{
    order_seen[order_count] = container_of(op, struct test_op, op);
    order_seen[order_count]->result = result;
    test_signal(&order_count);
}

static void fifo(void)
{
    struct pair pair;
    struct test_op ops[8];
    pair_open(&pair);
    atomic_store(&order_count, 0);
    for (int i = 0; i < 8; i++) {
        test_op_init(&ops[i], pair.fd, 4, &order_count);
        ops[i].op.done = order_done;
        engine_source_submit(&pair.source, ENGINE_IN, &ops[i].op);
    }
    put(pair.peer, "aaaabbbb");
    CHECK(test_await(&order_count, 2));
    put(pair.peer, "ccccddddeeeeffffgggghhhh");
    CHECK(test_await(&order_count, 8));
    bool good = true;
    for (int i = 0; i < 8; i++)
        good = good && order_seen[i] == &ops[i] && ops[i].result == 4 && ops[i].data[0] == 'a' + i;
    test_check(good, "requests of one direction complete first in, first out", __FILE__, __LINE__);
    pair_close(&pair);
}

static void inline_try(void)
{
    struct pair pair;
    struct test_op op;
    _Atomic uint32_t ended = 0;
    pair_open(&pair);
    test_op_init(&op, pair.fd, 8, &ended);
    int64_t result = engine_source_try(&pair.source, ENGINE_IN, &op.op);
    CHECK(result == -EAGAIN);
    engine_source_submit(&pair.source, ENGINE_IN, &op.op);
    CHECK(ended == 0);
    put(pair.peer, "xyz");
    CHECK(test_await(&ended, 1) && op.result == 3);

    /* It was drained: no system call is made until the next edge. */
    test_op_init(&op, pair.fd, 8, &ended);
    result = engine_source_try(&pair.source, ENGINE_IN, &op.op);
    CHECK(result == -EAGAIN && (op.attempts == 0 || test_is_sim())); /* the simulation repeats edges late */
    close(pair.peer);
    engine_source_submit(&pair.source, ENGINE_IN, &op.op);
    CHECK(test_await(&ended, 2) && op.result == 0);
    test_op_init(&op, pair.fd, 8, &ended);
    if (!test_is_sim())
        CHECK(engine_source_try(&pair.source, ENGINE_IN, &op.op) == 0); /* hung up: always tried */
    pair.peer = dup(pair.fd);
    pair_close(&pair);
}

static char big[1 << 16], room[1 << 16];

static int64_t send_big(struct engine_op *op)
{
    ssize_t sent = send(op->fd, big, sizeof(big), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

static void output_waits(void)
{
    struct pair pair;
    struct test_op op;
    _Atomic uint32_t ended = 0;
    pair_open(&pair);
    for (int round = 0; round < 3; round++) {
        while (send(pair.fd, big, sizeof(big), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            continue;
        test_op_init(&op, pair.fd, 0, &ended);
        op.op.attempt = send_big;
        CHECK(engine_source_try(&pair.source, ENGINE_OUT, &op.op) == -EAGAIN);
        engine_source_submit(&pair.source, ENGINE_OUT, &op.op);
        CHECK(ended == (uint32_t)round);
        while (recv(pair.peer, room, sizeof(room), MSG_DONTWAIT) > 0)
            continue;
        CHECK(test_await(&ended, (uint32_t)round + 1) && op.result > 0);
    }
    pair_close(&pair);
}

static void cancel_simple(void)
{
    struct pair pair;
    struct test_op ops[3];
    _Atomic uint32_t ended = 0;
    pair_open(&pair);
    for (int i = 0; i < 3; i++) {
        test_op_init(&ops[i], pair.fd, 1, &ended);
        engine_source_submit(&pair.source, ENGINE_IN, &ops[i].op);
    }
    CHECK(engine_source_cancel(&pair.source, &ops[1].op));
    CHECK(!engine_source_cancel(&pair.source, &ops[1].op));
    put(pair.peer, "12");
    CHECK(test_await(&ended, 2));
    CHECK(ops[0].data[0] == '1' && ops[2].data[0] == '2' && ops[1].dones == 0);
    CHECK(!engine_source_cancel(&pair.source, &ops[0].op));

    /* A cancel before the submit is remembered. */
    test_op_init(&ops[0], pair.fd, 1, &ended);
    CHECK(!engine_source_cancel(&pair.source, &ops[0].op));
    engine_source_submit(&pair.source, ENGINE_IN, &ops[0].op);
    CHECK(test_await(&ended, 3) && ops[0].result == -ECANCELED);
    pair_close(&pair);
}

static void no_readiness(void)
{
    int fd = test_file(0);
    struct engine_source source;
    struct test_op op;
    _Atomic uint32_t ended = 0;
    engine_source_init(&source, fd);
    CHECK(engine_source_register(&source) == -EPERM);
    test_op_init(&op, fd, 1, &ended);
    engine_source_submit(&source, ENGINE_IN, &op.op);
    CHECK(test_await(&ended, 1) && op.result == -EPERM);
    engine_source_close(&source);
    close(fd);
}

/* `done` of the first closes both sources, while the event of the second may be fetched already. */
static struct pair closing[2];
static struct test_op closing_ops[2];
static _Atomic uint32_t closed;

static void close_in_done(struct engine_op *op, int64_t result)
{
    (void)result;
    static struct lock once;
    int self = op == &closing_ops[1].op;
    lock_acquire(&once);
    if (closing[!self].fd >= 0 &&
        engine_source_cancel(&closing[!self].source, &closing_ops[!self].op)) {
        pair_close(&closing[!self]);
        closing[!self].fd = -1;
        atomic_fetch_add(&closed, 1);
    }
    pair_close(&closing[self]);
    closing[self].fd = -1;
    lock_release(&once);
    test_signal(&closed);
}

static void close_inside_done(void)
{
    bool good = true;
    for (int round = 0; good && round < 2000; round++) {
        atomic_store(&closed, 0);
        for (int i = 0; i < 2; i++) {
            pair_open(&closing[i]);
            test_op_init(&closing_ops[i], closing[i].fd, 1, &closed);
            closing_ops[i].op.done = close_in_done;
            engine_source_submit(&closing[i].source, ENGINE_IN, &closing_ops[i].op);
        }
        int peers[2] = {dup(closing[0].peer), dup(closing[1].peer)};
        send(peers[0], "1", 1, MSG_NOSIGNAL);
        send(peers[1], "2", 1, MSG_NOSIGNAL); /* refused if it is closed already */
        good = test_await(&closed, 2);
        close(peers[0]);
        close(peers[1]);
    }
    test_check(good, "sources closed inside done, also with an event already fetched", __FILE__,
               __LINE__);
}

static void kick(void)
{
    struct pair pair;
    struct test_op op;
    _Atomic uint32_t ended = 0;
    pair_open(&pair);
    test_op_init(&op, pair.fd, 1, &ended);
    engine_source_submit(&pair.source, ENGINE_IN, &op.op);
    uint32_t before = op.attempts;
    engine_source_kick(&pair.source);
    CHECK(op.attempts == before + 1 && ended == 0);
    shutdown(pair.fd, SHUT_RD);
    engine_source_kick(&pair.source);
    CHECK(test_await(&ended, 1) && op.result == 0);
    pair_close(&pair);
}

void test_sources(void)
{
    fifo();
    inline_try();
    output_waits();
    cancel_simple();
    no_readiness();
    close_inside_done();
    kick();
}

/* ---- Races ---- */

struct cancel_race {
    struct pair pair;
    _Atomic uint32_t round, sent;
};

static void *race_writer(void *context)
{
    struct cancel_race *race = context;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        while (atomic_load(&race->round) < round)
            cpu_relax();
        put(race->pair.peer, "x");
        atomic_store(&race->sent, round);
    }
    return NULL;
}

static void *race_leader(void *context)
{
    _Atomic uint32_t *stop = context;
    static struct parker parker;
    while (atomic_load(stop) == 0) {
        parker_arm(&parker);
        parker_wait(&parker, clock_now_ns() + 2 * MS, false);
        atomic_store(&parker.word, PARK_IDLE);
    }
    return NULL;
}

/* An edge comes while another thread leads and this one cancels: the request ends exactly once. */
static void cancel_against_edge(void)
{
    static struct cancel_race race;
    _Atomic uint32_t stop = 0, ended = 0;
    struct test_op op;
    pthread_t writer, leader;
    pair_open(&race.pair);
    pthread_create(&leader, NULL, race_leader, &stop);
    pthread_create(&writer, NULL, race_writer, &race);
    uint32_t taken_back = 0, completed = 0, wrong = 0;
    for (uint32_t round = 1; round <= ROUNDS && wrong == 0; round++) {
        uint32_t before = ended;
        test_op_init(&op, race.pair.fd, 8, &ended);
        engine_source_submit(&race.pair.source, ENGINE_IN, &op.op);
        atomic_store(&race.round, round);
        for (uint32_t spin = 0; spin < round % 512; spin++)
            cpu_relax();
        if (engine_source_cancel(&race.pair.source, &op.op)) {
            wrong += atomic_load(&op.dones) != 0;
            taken_back++;
            while (atomic_load(&race.sent) < round)
                cpu_relax();
            wrong += recv(race.pair.fd, op.data, 8, 0) != 1;
        } else {
            wrong += !test_await(&ended, before + 1);
            wrong += atomic_load(&op.dones) != 1 || op.result != 1;
            completed++;
            while (atomic_load(&race.sent) < round)
                cpu_relax();
        }
    }
    printf("# taken back %u, completed %u\n", taken_back, completed);
    CHECK(wrong == 0 && taken_back + completed == ROUNDS);
    atomic_store(&stop, 1);
    pthread_join(writer, NULL);
    pthread_join(leader, NULL);
    pair_close(&race.pair);
}

enum { CROWD_PAIRS = 12, CROWD_THREADS = 4, CROWD_TARGET = 40000 };

struct crowd_member {
    struct pair pair;
    struct test_op op;
};

static struct crowd_member crowd[CROWD_PAIRS];
static _Atomic uint32_t crowd_received, crowd_wrong, crowd_stop;

/* Sends the next byte itself and waits for it again: every pair is a ring of its own. */
static void crowd_done(struct engine_op *op, int64_t result)
{
    struct crowd_member *member = container_of(op, struct crowd_member, op.op);
    if (result != 1) {
        atomic_fetch_add(&crowd_wrong, 1);
        return;
    }
    if (atomic_fetch_add(&crowd_received, 1) + 1 >= CROWD_TARGET) {
        test_signal(&crowd_stop);
        return;
    }
    op->state = 0;
    engine_source_submit(&member->pair.source, ENGINE_IN, op);
    put(member->pair.peer, "x");
}

static void *crowd_thread(void *context)
{
    struct parker *parker = context;
    while (atomic_load(&crowd_stop) == 0) {
        parker_arm(parker);
        parker_wait(parker, clock_now_ns() + MS / 4, false);
        atomic_store(&parker->word, PARK_IDLE);
    }
    return NULL;
}

/* Several threads come and go as leaders; a done submits again before it returns. */
static void many_leaders(void)
{
    static struct parker parkers[CROWD_THREADS];
    pthread_t threads[CROWD_THREADS];
    for (int i = 0; i < CROWD_THREADS; i++)
        pthread_create(&threads[i], NULL, crowd_thread, &parkers[i]);
    for (int i = 0; i < CROWD_PAIRS; i++) {
        struct crowd_member *member = &crowd[i];
        pair_open(&member->pair);
        test_op_init(&member->op, member->pair.fd, 1, &crowd_stop);
        member->op.op.done = crowd_done;
        engine_source_submit(&member->pair.source, ENGINE_IN, &member->op.op);
        put(member->pair.peer, "x");
    }
    CHECK(test_await_until(&crowd_stop, CROWD_PAIRS, clock_deadline_ns(60000 * MS)));
    CHECK(crowd_wrong == 0 && crowd_received == CROWD_TARGET + CROWD_PAIRS - 1);
    for (int i = 0; i < CROWD_THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < CROWD_PAIRS; i++)
        pair_close(&crowd[i].pair);
}

void test_source_races(void)
{
    cancel_against_edge();
    many_leaders();
}
