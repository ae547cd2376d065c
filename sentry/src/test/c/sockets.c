/* AF_UNIX: socketpair(2), bind(2), listen(2), accept(2), connect(2), sendmsg(2), SCM_RIGHTS, SCM_CREDENTIALS. */
#include "check.h"
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un named(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, name);
    return address;
}

static void pair_talks_both_ways(void) {
    int s[2];
    char got[8];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK(write(s[0], "ping", 4) == 4 && read(s[1], got, 8) == 4 && write(s[1], "pong", 4) == 4 && read(s[0], got, 8) == 4);
    CHECK(shutdown(s[0], SHUT_WR) == 0 && read(s[1], got, 8) == 0 && write(s[1], "x", 1) == 1);
    FAILS(EPIPE, send(s[0], "x", 1, MSG_NOSIGNAL));
    close(s[0]);
    FAILS(EPIPE, send(s[1], "x", 1, MSG_NOSIGNAL));
    close(s[1]);
}

static void server_and_client(void) {
    struct sockaddr_un address = named("sock"), peer;
    socklen_t length = sizeof address;
    char got[16] = {0};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(server, (void *)&address, length) == 0 && listen(server, 5) == 0);
    struct stat st;
    CHECK(stat("sock", &st) == 0 && S_ISSOCK(st.st_mode));
    int second = socket(AF_UNIX, SOCK_STREAM, 0);
    FAILS(EADDRINUSE, bind(second, (void *)&address, length));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int client = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(client, (void *)&address, sizeof address)) _exit(1);
        if (write(client, "request", 7) != 7) _exit(2);
        _exit(read(client, got, 16) != 6);
    }
    length = sizeof peer;
    int connection = accept4(server, (void *)&peer, &length, SOCK_CLOEXEC);
    CHECK(connection >= 0 && peer.sun_family == AF_UNIX);
    struct ucred credentials;
    length = sizeof credentials;
    CHECK(getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 && credentials.pid == child);
    CHECK(read(connection, got, 16) == 7 && write(connection, "answer", 6) == 6);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(read(connection, got, 16) == 0);
    close(connection), close(server);
    FAILS(ECONNREFUSED, connect(second, (void *)&address, sizeof address));
    CHECK(unlink("sock") == 0);
    FAILS(ENOENT, connect(second, (void *)&address, sizeof address));
    close(second);
}

static void abstract_names(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, "\0picket-test", 12);
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 12;
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(server, (void *)&address, length) == 0 && listen(server, 1) == 0);
    FAILS(EAGAIN, accept(server, NULL, NULL));
    CHECK(connect(client, (void *)&address, length) == 0);
    int connection = accept(server, NULL, NULL);
    CHECK(connection >= 0);
    struct sockaddr_un got;
    length = sizeof got;
    CHECK(getpeername(client, (void *)&got, &length) == 0 && memcmp(got.sun_path, "\0picket-test", 12) == 0);
    close(server), close(client), close(connection);
}

static void datagrams_keep_their_bounds(void) {
    struct sockaddr_un address = named("dgram"), from;
    char got[16];
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(receiver, (void *)&address, sizeof address) == 0);
    CHECK(sendto(sender, "one", 3, 0, (void *)&address, sizeof address) == 3);
    CHECK(sendto(sender, "four", 4, 0, (void *)&address, sizeof address) == 4);
    socklen_t length = sizeof from;
    CHECK(recvfrom(receiver, got, 16, 0, (void *)&from, &length) == 3);
    CHECK(recv(receiver, got, 2, MSG_TRUNC) == 4);
    FAILS(EAGAIN, recv(receiver, got, 16, MSG_DONTWAIT));
    FAILS(ENOTCONN, send(sender, "x", 1, 0));
    close(receiver), close(sender), unlink("dgram");
}

static void sequenced_packets(void) {
    int s[2];
    char got[16];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) == 0);
    CHECK(write(s[0], "abc", 3) == 3 && write(s[0], "de", 2) == 2 && read(s[1], got, 16) == 3 && read(s[1], got, 16) == 2);
    close(s[0]);
    CHECK(read(s[1], got, 16) == 0);
    close(s[1]);
}

static int send_descriptor(int socket, int fd) {
    char byte = 'f', control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return (int)sendmsg(socket, &message, 0);
}

static int receive_descriptor(int socket, int flags) {
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, flags) != 1) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fd = -1;
    if (header && header->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

static void descriptors_are_passed(void) {
    int s[2], p[2];
    char got[8];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && pipe(p) == 0);
    CHECK(write(p[1], "inside", 6) == 6);
    CHECK(send_descriptor(s[0], p[0]) == 1);
    close(p[0]);
    int fd = receive_descriptor(s[1], MSG_CMSG_CLOEXEC);
    CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && read(fd, got, 8) == 6);
    FAILS(EBADF, send_descriptor(s[0], 9999));
    CHECK(send_descriptor(s[0], s[1]) == 1);
    close(s[0]), close(s[1]), close(fd), close(p[1]);
}

static void credentials_are_passed(void) {
    int s[2], on = 1;
    char byte = 'c', control[CMSG_SPACE(sizeof(struct ucred))];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
    CHECK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0 && write(s[0], "x", 1) == 1);
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    CHECK(recvmsg(s[1], &message, 0) == 1);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct ucred credentials = {0};
    CHECK(header && header->cmsg_type == SCM_CREDENTIALS);
    if (header) memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
    CHECK(credentials.pid == getpid() && credentials.uid == getuid());
    close(s[0]), close(s[1]);
}

static void peek_wait_all_and_options(void) {
    int s[2], value;
    char got[8];
    socklen_t length = sizeof value;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && write(s[0], "abcd", 4) == 4);
    CHECK(recv(s[1], got, 2, MSG_PEEK) == 2 && recv(s[1], got, 4, MSG_WAITALL) == 4 && memcmp(got, "abcd", 4) == 0);
    CHECK(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &length) == 0 && value == SOCK_STREAM);
    CHECK(getsockopt(s[0], SOL_SOCKET, SO_DOMAIN, &value, &length) == 0 && value == AF_UNIX);
    CHECK(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &value, &length) == 0 && value == 0);
    struct pollfd poll_it = {s[1], POLLIN | POLLOUT | POLLRDHUP, 0};
    CHECK(poll(&poll_it, 1, 0) == 1 && poll_it.revents == POLLOUT);
    close(s[0]);
    CHECK(poll(&poll_it, 1, 0) == 1 && (poll_it.revents & (POLLIN | POLLHUP | POLLRDHUP)) == (POLLIN | POLLHUP | POLLRDHUP));
    FAILS(ENOTSOCK, send(1, "x", 1, 0));
    FAILS(EBADF, recv(999, got, 1, 0));
    close(s[1]);
}

int main(void) {
    RUN(pair_talks_both_ways);
    RUN(server_and_client);
    RUN(abstract_names);
    RUN(datagrams_keep_their_bounds);
    RUN(sequenced_packets);
    RUN(descriptors_are_passed);
    RUN(credentials_are_passed);
    RUN(peek_wait_all_and_options);
    DONE;
}
