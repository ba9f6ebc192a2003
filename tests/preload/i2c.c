/*
 * An I2C bus that is not there, for programs as they are shipped: loaded before libc (LD_PRELOAD), it answers for
 * one device node and leaves every other file to libc.
 *
 *     SIMULATED_I2C_DEVICE   the path it answers for, such as /dev/i2c-1
 *     SIMULATED_I2C_SOCKET   the Unix socket of whoever plays the bus
 *
 * An open device is a connection to that socket and nothing else. So libc closes it, hands it to children and counts
 * its copies; whether a descriptor is one of ours is asked of the kernel, and no table of them can go wrong.
 *
 * On the wire, in the machine's own byte order:
 *     request  u32 length of the body, u32 ioctl number, body
 *     answer   u32 length of the body, u32 errno or 0, body
 *     I2C_RDWR   u32 messages, each u16 address, u16 flags, u16 length and, when written, bytes; back: what was read
 *     I2C_SMBUS  u32 read_write, u32 command, u32 size, 34 bytes of data; back: 34 bytes
 *     I2C_FUNCS  nothing; back: u64
 *     the rest   u64 argument; back: nothing
 *
 * Not answered: read and write without a register, stat, fopen, and programs that bypass libc.
 */

/* A libc that renames these calls would rename the ones below, too; and its inline copies of open stand in the way. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#undef _TIME_BITS
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LONGEST_MESSAGE 8192 /* drivers/i2c/i2c-dev.c */
#define HEAD 8               /* bytes of a packet before its body */
#define I2C_REQUESTS 0x07    /* the upper byte of every ioctl number of i2c-dev */

/* Resolved once: dlsym takes a lock, which a child must not meet that was forked while another thread held it. */
#define NEXT(name)                                                                                                     \
    ({                                                                                                                 \
        static __typeof__(&name) next;                                                                                 \
        if (!next)                                                                                                     \
            next = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                                         \
        next;                                                                                                          \
    })

static const char *device;
static struct sockaddr_un server = {.sun_family = AF_UNIX};

/* One transfer at a time, as on a real adapter; shared with forked children, who share the connections, too. */
static pthread_mutex_t *turn;

static struct {
    uint32_t length;
    uint32_t what; /* ioctl number on the way out, errno on the way back */
    unsigned char body[4 + I2C_RDWR_IOCTL_MAX_MSGS * (6 + LONGEST_MESSAGE)];
} packet;

__attribute__((constructor)) static void prepare(void)
{
    const char *path = getenv("SIMULATED_I2C_SOCKET");
    pthread_mutexattr_t attributes;

    turn = mmap(NULL, sizeof *turn, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!path || strlen(path) >= sizeof server.sun_path || turn == MAP_FAILED)
        return;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(turn, &attributes);
    strcpy(server.sun_path, path);
    device = getenv("SIMULATED_I2C_DEVICE");
}

/* The connection ---------------------------------------------------------------------------------------------- */

static int connect_to_bus(int flags)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0), 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&server, sizeof server) != 0) {
        close(fd);
        errno = ENOENT; /* no server, no device */
        return -1;
    }
    return fd;
}

static int is_bus(int fd)
{
    struct sockaddr_un peer = {0};
    socklen_t length = sizeof peer;

    return device && getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sun_family == AF_UNIX &&
           strncmp(peer.sun_path, server.sun_path, sizeof peer.sun_path) == 0;
}

/* A signal does not break off a transfer: the BCM2835's driver cannot be interrupted either. */
static int send_packet(int fd)
{
    size_t length = HEAD + packet.length;

    for (char *at = (char *)&packet; length;) {
        ssize_t done = send(fd, at, length, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return ENODEV; /* whoever played the bus is gone, as an unplugged adapter is */
        at += done;
        length -= done;
    }
    return 0;
}

/* Nothing is sent before it is asked for, so whatever has come belongs to this answer: mostly all of it at once. */
static int receive_packet(int fd)
{
    size_t got = 0;

    while (got < HEAD || got < HEAD + packet.length) {
        ssize_t done = recv(fd, (char *)&packet + got, sizeof packet - got, 0);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return ENODEV;
        got += done;
        if (got >= HEAD && packet.length > sizeof packet.body)
            return ENODEV;
    }
    return 0;
}

/* Sends the packet's body up to `end` and gets the answer into its place. */
static int exchange(int fd, unsigned long request, const unsigned char *end)
{
    int error;

    packet.length = end - packet.body;
    packet.what = request;
    if ((error = send_packet(fd)) || (error = receive_packet(fd)))
        return error;
    return packet.what;
}

/* The requests ------------------------------------------------------------------------------------------------ */

static unsigned char *put(unsigned char *at, const void *data, size_t length)
{
    memcpy(at, data, length);
    return at + length;
}

static int transfer(int fd, const struct i2c_rdwr_ioctl_data *wanted)
{
    unsigned char *at = put(packet.body, &wanted->nmsgs, 4);
    int error;

    if (wanted->nmsgs > I2C_RDWR_IOCTL_MAX_MSGS)
        return EINVAL;
    for (const struct i2c_msg *message = wanted->msgs; message < wanted->msgs + wanted->nmsgs; message++) {
        if (message->len > LONGEST_MESSAGE)
            return EINVAL;
        at = put(at, message, 6); /* address, flags, length */
        if (!(message->flags & I2C_M_RD))
            at = put(at, message->buf, message->len);
    }
    if ((error = exchange(fd, I2C_RDWR, at)))
        return error;
    at = packet.body;
    for (const struct i2c_msg *message = wanted->msgs; message < wanted->msgs + wanted->nmsgs; message++)
        if (message->flags & I2C_M_RD) {
            memcpy(message->buf, at, message->len);
            at += message->len;
        }
    return 0;
}

static int smbus(int fd, const struct i2c_smbus_ioctl_data *wanted)
{
    uint32_t head[] = {wanted->read_write, wanted->command, wanted->size};
    union i2c_smbus_data none = {0};
    unsigned char *at = put(packet.body, head, sizeof head);
    int error = exchange(fd, I2C_SMBUS, put(at, wanted->data ? wanted->data : &none, sizeof none));

    if (!error && wanted->data && wanted->read_write == I2C_SMBUS_READ)
        memcpy(wanted->data, packet.body, sizeof none);
    return error;
}

static int setting(int fd, unsigned long request, void *argument)
{
    uint64_t value = (uintptr_t)argument;
    int error = exchange(fd, request, put(packet.body, &value, sizeof value));

    if (!error && request == I2C_FUNCS) {
        memcpy(&value, packet.body, sizeof value);
        *(unsigned long *)argument = value;
    }
    return error;
}

static int i2c(int fd, unsigned long request, void *argument)
{
    int error;

    pthread_mutex_lock(turn);
    if (request == I2C_RDWR)
        error = transfer(fd, argument);
    else if (request == I2C_SMBUS)
        error = smbus(fd, argument);
    else
        error = setting(fd, request, argument);
    pthread_mutex_unlock(turn);
    if (error) {
        errno = error;
        return -1;
    }
    return request == I2C_RDWR ? (int)((struct i2c_rdwr_ioctl_data *)argument)->nmsgs : 0;
}

/* In libc's place --------------------------------------------------------------------------------------------- */

static int is_device(const char *path)
{
    return device && strcmp(path, device) == 0;
}

/* Only a call that may create a file has a mode to read. */
#define GET_MODE(mode, flags)                                                                                          \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) {                                                     \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        GET_MODE(mode, flags)                                                                                          \
        return is_device(path) ? connect_to_bus(flags) : NEXT(name)(path, flags, mode);                                \
    }

#define OPENAT(name)                                                                                                   \
    int name(int folder, const char *path, int flags, ...)                                                             \
    {                                                                                                                  \
        GET_MODE(mode, flags)                                                                                          \
        return is_device(path) ? connect_to_bus(flags) : NEXT(name)(folder, path, flags, mode);                        \
    }

#define OPEN_WITHOUT_MODE(name)                                                                                        \
    int name(const char *path, int flags)                                                                              \
    {                                                                                                                  \
        return is_device(path) ? connect_to_bus(flags) : NEXT(name)(path, flags);                                      \
    }

#define IOCTL(name, next)                                                                                              \
    int name(int fd, unsigned long request, ...)                                                                       \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, request);                                                                                       \
        void *argument = va_arg(rest, void *);                                                                         \
        va_end(rest);                                                                                                  \
        return request >> 8 == I2C_REQUESTS && is_bus(fd) ? i2c(fd, request, argument) : next(fd, request, argument);  \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
OPEN_WITHOUT_MODE(__open_2)
OPEN_WITHOUT_MODE(__open64_2)
int ioctl(int fd, unsigned long request, ...);
IOCTL(ioctl, NEXT(ioctl))
/* What 32-bit programs with 64-bit time call instead; other libcs do not have it. */
IOCTL(__ioctl_time64, (NEXT(__ioctl_time64) ? NEXT(__ioctl_time64) : NEXT(ioctl)))
