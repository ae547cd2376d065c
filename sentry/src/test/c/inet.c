/* AF_INET, AF_INET6 on the loopback: tcp(7), udp(7), ip(7), ipv6(7), their options and states. */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>

static struct sockaddr_in at(uint32_t address, int port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    return in;
}

static struct sockaddr_in6 at6(const char *address, int port) {
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, address, &in.sin6_addr);
    return in;
}

static int port_of(int s) {
    struct sockaddr_in6 in;
    socklen_t length = sizeof in;
    return getsockname(s, (void *)&in, &length) == 0 ? ntohs(in.sin6_port) : -1;
}

static int option(int s, int level, int name) {
    int value = -12345;
    socklen_t length = sizeof value;
    return getsockopt(s, level, name, &value, &length) == 0 ? value : -12345;
}

static int set(int s, int level, int name, int value) {
    return setsockopt(s, level, name, &value, sizeof value);
}

static int events(int s) {
    struct pollfd p = {s, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0};
    poll(&p, 1, 0);
    return p.revents;
}

static int listening(int type, int backlog) {
    int s = socket(AF_INET, SOCK_STREAM | type, 0);
    struct sockaddr_in any = at(INADDR_LOOPBACK, 0);
    if (bind(s, (void *)&any, sizeof any) || listen(s, backlog)) return -1;
    return s;
}

static int connected_to(int server) {
    int c = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = at(INADDR_LOOPBACK, port_of(server));
    return connect(c, (void *)&to, sizeof to) == 0 ? c : -1;
}

static void make_pair(int s[2]) {
    int server = listening(0, 5);
    s[0] = connected_to(server);
    s[1] = accept(server, NULL, NULL);
    CHECK(s[0] >= 0 && s[1] >= 0);
    close(server);
}

/* On a real loopback what was sent takes a moment. */
static void settle(void) {
    usleep(20000);
}

static void sockets_of_each_kind(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(option(s, SOL_SOCKET, SO_TYPE) == SOCK_STREAM && option(s, SOL_SOCKET, SO_DOMAIN) == AF_INET);
    CHECK(option(s, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP && option(s, SOL_SOCKET, SO_ACCEPTCONN) == 0);
    CHECK((events(s) & (POLLOUT | POLLHUP)) == (POLLOUT | POLLHUP));
    close(s);
    s = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
    CHECK(s >= 0 && fcntl(s, F_GETFD) == FD_CLOEXEC && (fcntl(s, F_GETFL) & O_NONBLOCK));
    CHECK(events(s) == POLLOUT && option(s, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_UDP);
    close(s);
    FAILS(EPROTONOSUPPORT, socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    FAILS(EPROTONOSUPPORT, socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    FAILS(ESOCKTNOSUPPORT, socket(AF_INET, SOCK_SEQPACKET, 0));
    FAILS(EINVAL, socket(AF_INET, 77, 0));
    FAILS(EINVAL, socket(AF_INET, SOCK_STREAM, -1));
    FAILS(EAFNOSUPPORT, socket(AF_UNSPEC, SOCK_STREAM, 0));
    FAILS(EAFNOSUPPORT, socket(4711, SOCK_STREAM, 0));
    int pair[2];
    FAILS(EOPNOTSUPP, socketpair(AF_INET, SOCK_STREAM, 0, pair));
    FAILS(EPROTONOSUPPORT, socketpair(AF_INET, SOCK_DGRAM, IPPROTO_TCP, pair));
}

static void stream_between_client_and_server(void) {
    int server = listening(0, 5), status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char got[16];
        int c = connected_to(server);
        if (c < 0 || write(c, "request", 7) != 7) _exit(1);
        if (recv(c, got, 6, MSG_WAITALL) != 6 || memcmp(got, "answer", 6)) _exit(2);
        _exit(read(c, got, 16) != 0);
    }
    struct sockaddr_in peer, name;
    socklen_t length = sizeof peer;
    char got[16];
    int s = accept4(server, (void *)&peer, &length, SOCK_CLOEXEC);
    CHECK(s >= 0 && length == 16 && peer.sin_family == AF_INET && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK(ntohs(peer.sin_port) >= 32768 && ntohs(peer.sin_port) <= 60999 && fcntl(s, F_GETFD) == FD_CLOEXEC);
    length = sizeof name;
    CHECK(getpeername(s, (void *)&name, &length) == 0 && name.sin_port == peer.sin_port);
    CHECK(port_of(s) == port_of(server));
    CHECK(read(s, got, 16) == 7 && write(s, "ans", 3) == 3 && write(s, "wer", 3) == 3);
    close(s);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(server);
}

static void names_that_are_refused(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0);
    FAILS(EINVAL, bind(s, (void *)&in, 8));
    FAILS(EINVAL, bind(s, (void *)&in, 200));
    in.sin_family = AF_INET6;
    FAILS(EAFNOSUPPORT, bind(s, (void *)&in, sizeof in));
    in = at(0x08080808, 0);
    FAILS(EADDRNOTAVAIL, bind(s, (void *)&in, sizeof in));
    in = at(INADDR_LOOPBACK, 0);
    CHECK(bind(s, (void *)&in, sizeof in) == 0 && port_of(s) >= 32768);
    FAILS(EINVAL, bind(s, (void *)&in, sizeof in));
    in.sin_port = htons(port_of(s));
    FAILS(EADDRINUSE, bind(t, (void *)&in, sizeof in));
    in.sin_addr.s_addr = 0;
    FAILS(EADDRINUSE, bind(t, (void *)&in, sizeof in));
    in.sin_addr.s_addr = htonl(0x7f000002);
    CHECK(bind(t, (void *)&in, sizeof in) == 0);
    FAILS(ECONNREFUSED, connect(t, (void *)&(struct sockaddr_in){AF_INET, in.sin_port, {htonl(INADDR_LOOPBACK)}}, 16));
    FAILS(EINVAL, connect(t, (void *)&in, 1));
    FAILS(EINVAL, connect(t, (void *)&in, 8));
    struct sockaddr_in6 other = at6("::1", 80);
    FAILS(EAFNOSUPPORT, connect(t, (void *)&other, sizeof other));
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    FAILS(ENOTCONN, getpeername(s, (void *)&peer, &length));
    length = -1;
    FAILS(EINVAL, getsockname(s, (void *)&peer, &length));
    FAILS(EFAULT, getsockname(s, (void *)8, &(socklen_t){16}));
    FAILS(EINVAL, accept(s, NULL, NULL));
    close(s), close(t);
}

static void addresses_that_may_be_reused(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
    set(s, SOL_SOCKET, SO_REUSEADDR, 1), set(t, SOL_SOCKET, SO_REUSEADDR, 1);
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0);
    CHECK(bind(s, (void *)&in, sizeof in) == 0);
    in.sin_port = htons(port_of(s));
    CHECK(bind(t, (void *)&in, sizeof in) == 0 && listen(s, 1) == 0);
    FAILS(EADDRINUSE, listen(t, 1));
    close(s), close(t);
    /* After the server closes first its port is held by TIME_WAIT. */
    s = listening(0, 1);
    in = at(INADDR_LOOPBACK, port_of(s));
    int c = connected_to(s), a = accept(s, NULL, NULL);
    close(a), close(s);
    char byte;
    CHECK(read(c, &byte, 1) == 0);
    close(c);
    settle();
    t = socket(AF_INET, SOCK_STREAM, 0);
    FAILS(EADDRINUSE, bind(t, (void *)&in, sizeof in));
    close(t);
}

static void ports_shared_by_reuseport(void) {
    int s[2], hits[2] = {0, 0};
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0);
    for (int i = 0; i < 2; i++) {
        s[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        CHECK(set(s[i], SOL_SOCKET, SO_REUSEPORT, 1) == 0 && bind(s[i], (void *)&in, sizeof in) == 0);
        in.sin_port = htons(port_of(s[i]));
        CHECK(listen(s[i], 64) == 0);
    }
    int clients[40];
    for (int i = 0; i < 40; i++) clients[i] = connected_to(s[0]);
    for (int i = 0, c; i < 2; i++)
        while ((c = accept(s[i], NULL, NULL)) >= 0) hits[i]++, close(c);
    CHECK(hits[0] + hits[1] == 40 && hits[0] > 0 && hits[1] > 0);
    for (int i = 0; i < 40; i++) close(clients[i]);
    close(s[0]), close(s[1]);
}

static void connecting_without_waiting(void) {
    int server = listening(SOCK_NONBLOCK, 5), c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in to = at(INADDR_LOOPBACK, port_of(server));
    FAILS(EAGAIN, accept(server, NULL, NULL));
    FAILS(EINPROGRESS, connect(c, (void *)&to, sizeof to));
    struct pollfd p = {c, POLLOUT, 0};
    CHECK(poll(&p, 1, 1000) == 1 && p.revents == POLLOUT && option(c, SOL_SOCKET, SO_ERROR) == 0);
    CHECK(connect(c, (void *)&to, sizeof to) == 0);
    FAILS(EISCONN, connect(c, (void *)&to, sizeof to));
    CHECK(events(server) == POLLIN);
    close(c), close(server);
    settle();
    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    FAILS(EINPROGRESS, connect(c, (void *)&to, sizeof to));
    p.fd = c;
    CHECK(poll(&p, 1, 1000) == 1 && (p.revents & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
    CHECK(option(c, SOL_SOCKET, SO_ERROR) == ECONNREFUSED && option(c, SOL_SOCKET, SO_ERROR) == 0);
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    FAILS(ECONNREFUSED, connect(c, (void *)&to, sizeof to));
    FAILS(ECONNREFUSED, connect(c, (void *)&to, sizeof to));
    char byte;
    FAILS(ENOTCONN, recv(c, &byte, 1, 0));
    FAILS(EPIPE, send(c, &byte, 1, MSG_NOSIGNAL));
    FAILS(ENOTCONN, shutdown(c, SHUT_WR));
    close(c);
}

static void a_full_backlog_makes_clients_wait(void) {
    int server = listening(0, 0), c[4];
    struct sockaddr_in to = at(INADDR_LOOPBACK, port_of(server));
    c[0] = connected_to(server);
    c[1] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    FAILS(EINPROGRESS, connect(c[1], (void *)&to, sizeof to));
    settle();
    CHECK(events(c[1]) == 0);
    FAILS(EALREADY, connect(c[1], (void *)&to, sizeof to));
    int a = accept(server, NULL, NULL);
    CHECK(a >= 0);
    struct pollfd p = {c[1], POLLOUT, 0};
    CHECK(poll(&p, 1, 5000) == 1 && p.revents == POLLOUT);
    close(a), close(c[0]), close(c[1]), close(server);
}

static void a_listener_that_is_shut_down(void) {
    int server = listening(0, 5);
    CHECK(option(server, SOL_SOCKET, SO_ACCEPTCONN) == 1);
    int c = connected_to(server);
    struct sockaddr_in to = at(INADDR_LOOPBACK, port_of(server));
    FAILS(EISCONN, connect(server, (void *)&to, sizeof to));
    FAILS(ENOTCONN, recv(server, &to, 1, 0));
    CHECK(shutdown(server, SHUT_RDWR) == 0);
    FAILS(EINVAL, accept(server, NULL, NULL));
    settle();
    char byte;
    FAILS(ECONNRESET, recv(c, &byte, 1, 0));
    CHECK(recv(c, &byte, 1, 0) == 0);
    close(c), close(server);
}

static void halves_are_closed_one_by_one(void) {
    int s[2];
    char got[8];
    make_pair(s);
    CHECK(events(s[0]) == POLLOUT && write(s[0], "last", 4) == 4 && shutdown(s[0], SHUT_WR) == 0);
    FAILS(EPIPE, send(s[0], "x", 1, MSG_NOSIGNAL));
    settle();
    CHECK(events(s[1]) == (POLLIN | POLLOUT | POLLRDHUP));
    CHECK(read(s[1], got, 8) == 4 && read(s[1], got, 8) == 0 && write(s[1], "more", 4) == 4);
    settle();
    CHECK(events(s[0]) == (POLLIN | POLLOUT) && read(s[0], got, 8) == 4);
    struct tcp_info info;
    socklen_t length = sizeof info;
    CHECK(getsockopt(s[0], IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_FIN_WAIT2);
    length = sizeof info;
    CHECK(getsockopt(s[1], IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_CLOSE_WAIT);
    CHECK(shutdown(s[1], SHUT_WR) == 0);
    settle();
    CHECK(events(s[0]) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP) && read(s[0], got, 8) == 0);
    CHECK(events(s[1]) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP));
    FAILS(ENOTCONN, shutdown(s[0], SHUT_RD));
    length = sizeof info;
    FAILS(ENOTCONN, getpeername(s[0], (void *)&info, &length));
    close(s[0]), close(s[1]);
    make_pair(s);
    CHECK(shutdown(s[0], SHUT_RD) == 0 && read(s[0], got, 8) == 0 && write(s[1], "late", 4) == 4);
    settle();
    CHECK(read(s[0], got, 8) == 4 && read(s[0], got, 8) == 0);
    close(s[0]), close(s[1]);
}

static void connections_that_are_reset(void) {
    int s[2];
    char got[8];
    struct linger now = {1, 0};
    make_pair(s);
    CHECK(setsockopt(s[0], SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0 && write(s[1], "kept", 4) == 4);
    close(s[0]);
    settle();
    CHECK((events(s[1]) & (POLLERR | POLLHUP | POLLIN)) == (POLLERR | POLLHUP | POLLIN));
    FAILS(ECONNRESET, read(s[1], got, 8));
    CHECK(read(s[1], got, 8) == 0);
    FAILS(EPIPE, send(s[1], "x", 1, MSG_NOSIGNAL));
    close(s[1]);
    /* What nobody has read is lost with a reset. */
    make_pair(s);
    CHECK(write(s[1], "lost", 4) == 4);
    settle();
    close(s[0]);
    settle();
    CHECK(option(s[1], SOL_SOCKET, SO_ERROR) == ECONNRESET);
    close(s[1]);
    /* Writing to one who has gone works once. */
    make_pair(s);
    close(s[0]);
    settle();
    CHECK(read(s[1], got, 8) == 0 && send(s[1], "x", 1, MSG_NOSIGNAL) == 1);
    settle();
    FAILS(EPIPE, send(s[1], "x", 1, MSG_NOSIGNAL));
    CHECK(read(s[1], got, 8) == 0);
    close(s[1]);
    int status = IN_CHILD({
        make_pair(s);
        close(s[0]), settle();
        if (write(s[1], "x", 1) != 1) _exit(9);
        settle();
        write(s[1], "x", 1);
    });
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static void disconnecting(void) {
    int s[2];
    make_pair(s);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK(connect(s[0], &none, sizeof none) == 0);
    settle();
    char byte;
    FAILS(ECONNRESET, read(s[1], &byte, 1));
    CHECK(option(s[0], SOL_SOCKET, SO_ERROR) == ECONNRESET);
    int server = listening(0, 1);
    struct sockaddr_in to = at(INADDR_LOOPBACK, port_of(server));
    CHECK(connect(s[0], (void *)&to, sizeof to) == 0 && write(s[0], "x", 1) == 1);
    close(s[0]), close(s[1]), close(server);
}

static void a_socket_connected_with_itself(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0);
    char got[8];
    CHECK(bind(s, (void *)&in, sizeof in) == 0);
    in.sin_port = htons(port_of(s));
    CHECK(connect(s, (void *)&in, sizeof in) == 0 && write(s, "echo", 4) == 4 && read(s, got, 8) == 4);
    CHECK(shutdown(s, SHUT_WR) == 0 && read(s, got, 8) == 0);
    close(s);
}

static void more_than_fits(void) {
    int s[2], status;
    static char much[1 << 20];
    make_pair(s);
    fcntl(s[0], F_SETFL, O_NONBLOCK);
    long sent = 0, count;
    while ((count = write(s[0], much, sizeof much)) > 0) sent += count;
    CHECK(count == -1 && errno == EAGAIN && sent > 100000 && events(s[0]) == 0);
    long got = 0;
    while (got < sent && (count = read(s[1], much, sizeof much)) > 0) got += count;
    struct pollfd p = {s[0], POLLOUT, 0};
    CHECK(got == sent && poll(&p, 1, 1000) == 1 && p.revents == POLLOUT);
    fcntl(s[0], F_SETFL, 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        unsigned long sum = 0, total = 0;
        static unsigned char in[70000];
        close(s[0]);
        while ((count = read(s[1], in, sizeof in)) > 0)
            for (long i = 0; i < count; i++, total++) sum += in[i] ^ (unsigned char)(total * 7 >> 3);
        _exit(sum != 0 || total != 8 << 20);
    }
    close(s[1]);
    unsigned long total = 0;
    for (int round = 0; round < 8; round++) {
        for (size_t i = 0; i < sizeof much; i++, total++) much[i] = (char)(total * 7 >> 3);
        CHECK(write(s[0], much, sizeof much) == (long)sizeof much);
    }
    close(s[0]);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void flags_of_receiving_and_sending(void) {
    int s[2], bytes;
    char got[8];
    make_pair(s);
    FAILS(EAGAIN, recv(s[0], got, 8, MSG_DONTWAIT));
    CHECK(send(s[1], "abcdef", 6, MSG_MORE) == 6 && send(s[1], "", 0, 0) == 0);
    set(s[1], IPPROTO_TCP, TCP_NODELAY, 1);
    settle();
    CHECK(recv(s[0], got, 3, MSG_PEEK) == 3 && memcmp(got, "abc", 3) == 0);
    CHECK(ioctl(s[0], FIONREAD, &bytes) == 0 && bytes == 6 && ioctl(s[1], SIOCOUTQ, &bytes) == 0 && bytes == 0);
    CHECK(recv(s[0], got, 2, MSG_TRUNC) == 2 && recv(s[0], got, 8, 0) == 4 && memcmp(got, "cdef", 4) == 0);
    struct iovec parts[2] = {{"xy", 2}, {"z", 1}};
    CHECK(writev(s[1], parts, 2) == 3 && recv(s[0], got, 3, MSG_WAITALL) == 3 && memcmp(got, "xyz", 3) == 0);
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    CHECK(write(s[1], "q", 1) == 1 && recvfrom(s[0], got, 1, 0, (void *)&from, &length) == 1 && length == 0);
    struct timeval soon = {0, 30000};
    CHECK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon) == 0);
    FAILS(EAGAIN, recv(s[0], got, 8, 0));
    FAILS(EFAULT, send(s[0], (void *)8, 4, 0));
    CHECK(write(s[1], "abc", 3) == 3);
    settle();
    FAILS(EFAULT, recv(s[0], (void *)8, 4, 0));
    CHECK(recv(s[0], got, 8, 0) == 3);
    close(s[0]), close(s[1]);
}

static void urgent_bytes(void) {
    int s[2], mark = -1;
    char got[8];
    make_pair(s);
    FAILS(EINVAL, recv(s[0], got, 1, MSG_OOB));
    CHECK(send(s[1], "ab!", 3, MSG_OOB) == 3 && send(s[1], "cd", 2, 0) == 2);
    settle();
    CHECK((events(s[0]) & (POLLPRI | POLLIN)) == (POLLPRI | POLLIN) && ioctl(s[0], SIOCATMARK, &mark) == 0 && mark == 0);
    CHECK(recv(s[0], got, 8, 0) == 2 && memcmp(got, "ab", 2) == 0);
    CHECK(ioctl(s[0], SIOCATMARK, &mark) == 0 && mark == 1);
    CHECK(recv(s[0], got, 1, MSG_OOB) == 1 && got[0] == '!');
    FAILS(EINVAL, recv(s[0], got, 1, MSG_OOB));
    CHECK(recv(s[0], got, 8, 0) == 2 && memcmp(got, "cd", 2) == 0);
    set(s[0], SOL_SOCKET, SO_OOBINLINE, 1);
    CHECK(send(s[1], "e!", 2, MSG_OOB) == 2);
    settle();
    CHECK(recv(s[0], got, 8, 0) == 1 && recv(s[0], got + 1, 8, 0) == 1 && memcmp(got, "e!", 2) == 0);
    close(s[0]), close(s[1]);
}

static void edges_of_epoll(void) {
    int s[2], ep = epoll_create1(0);
    char got[8];
    make_pair(s);
    struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u32 = 7}};
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e) == 0);
    CHECK(epoll_wait(ep, &e, 1, 0) == 1 && e.events == EPOLLOUT && epoll_wait(ep, &e, 1, 0) == 0);
    CHECK(write(s[1], "a", 1) == 1);
    settle();
    CHECK(epoll_wait(ep, &e, 1, 1000) == 1 && e.events == (EPOLLIN | EPOLLOUT) && epoll_wait(ep, &e, 1, 0) == 0);
    CHECK(write(s[1], "b", 1) == 1);
    settle();
    CHECK(epoll_wait(ep, &e, 1, 1000) == 1 && e.events == (EPOLLIN | EPOLLOUT) && read(s[0], got, 8) == 2);
    CHECK(epoll_wait(ep, &e, 1, 0) == 0);
    close(s[1]);
    settle();
    CHECK(epoll_wait(ep, &e, 1, 1000) == 1 && e.events == (EPOLLIN | EPOLLOUT | EPOLLRDHUP));
    close(s[0]), close(ep);
}

static void options_of_sockets(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0), value;
    CHECK(option(s, SOL_SOCKET, SO_SNDBUF) == 16384 && option(s, SOL_SOCKET, SO_RCVBUF) == 131072);
    CHECK(set(s, SOL_SOCKET, SO_RCVBUF, 10000) == 0 && option(s, SOL_SOCKET, SO_RCVBUF) == 20000);
    CHECK(set(s, SOL_SOCKET, SO_SNDBUF, 1) == 0 && option(s, SOL_SOCKET, SO_SNDBUF) == 4608);
    int switches[] = {SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE, SO_BROADCAST, SO_OOBINLINE, SO_DONTROUTE, SO_TIMESTAMP};
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        CHECK(option(s, SOL_SOCKET, switches[i]) == 0 && set(s, SOL_SOCKET, switches[i], 5) == 0);
        CHECK(option(s, SOL_SOCKET, switches[i]) == 1);
    }
    CHECK(set(s, IPPROTO_TCP, TCP_NODELAY, 1) == 0 && option(s, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(set(s, IPPROTO_TCP, TCP_CORK, 1) == 0 && option(s, IPPROTO_TCP, TCP_CORK) == 1);
    CHECK(set(s, IPPROTO_TCP, TCP_KEEPIDLE, 30) == 0 && option(s, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    CHECK(option(s, IPPROTO_TCP, TCP_KEEPINTVL) == 75 && option(s, IPPROTO_TCP, TCP_KEEPCNT) == 9);
    FAILS(EINVAL, set(s, IPPROTO_TCP, TCP_KEEPIDLE, 0));
    FAILS(EINVAL, set(s, IPPROTO_TCP, TCP_KEEPCNT, 128));
    CHECK(set(s, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000) == 0 && option(s, IPPROTO_TCP, TCP_USER_TIMEOUT) == 5000);
    CHECK(set(s, IPPROTO_TCP, TCP_SYNCNT, 3) == 0 && option(s, IPPROTO_TCP, TCP_SYNCNT) == 3);
    CHECK(set(s, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3) == 0 && option(s, IPPROTO_TCP, TCP_DEFER_ACCEPT) == 3);
    CHECK(option(s, IPPROTO_TCP, TCP_MAXSEG) == 536 && option(s, IPPROTO_TCP, TCP_QUICKACK) == 1);
    FAILS(EINVAL, set(s, IPPROTO_TCP, TCP_MAXSEG, 40));
    FAILS(EINVAL, setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value, 2));
    FAILS(ENOENT, setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8));
    FAILS(ENOPROTOOPT, set(s, IPPROTO_TCP, 4711, 1));
    FAILS(ENOPROTOOPT, set(s, 4711, 1, 1));
    FAILS(ENOPROTOOPT, set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    FAILS(EFAULT, setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4));
    CHECK(set(s, IPPROTO_IP, IP_TTL, 7) == 0 && option(s, IPPROTO_IP, IP_TTL) == 7);
    CHECK(set(s, IPPROTO_IP, IP_TTL, -1) == 0 && option(s, IPPROTO_IP, IP_TTL) == 64);
    FAILS(EINVAL, set(s, IPPROTO_IP, IP_TTL, 256));
    CHECK(set(s, IPPROTO_IP, IP_TOS, 0x10) == 0 && option(s, IPPROTO_IP, IP_TOS) == 0x10);
    FAILS(ENOTCONN, getsockopt(s, IPPROTO_IP, IP_MTU, &value, &(socklen_t){4}));
    char name[16];
    socklen_t length = sizeof name;
    CHECK(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
    CHECK(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &length) == 0 && strcmp(name, "lo") == 0 && length == 3);
    FAILS(ENODEV, setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "eth99", 6));
    close(s);
    s = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK(option(s, IPPROTO_IPV6, IPV6_V6ONLY) == 0 && set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0);
    CHECK(option(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS) == 64 && set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9) == 0);
    CHECK(option(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS) == 9 && set(s, IPPROTO_IPV6, IPV6_TCLASS, 4) == 0);
    close(s);
}

static void datagrams(void) {
    int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0), bytes;
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0), from;
    char got[16];
    static char much[70000];
    CHECK(bind(s, (void *)&in, sizeof in) == 0);
    in.sin_port = htons(port_of(s));
    FAILS(EDESTADDRREQ, send(c, "x", 1, 0));
    CHECK(sendto(c, "one", 3, 0, (void *)&in, sizeof in) == 3 && sendto(c, "", 0, 0, (void *)&in, sizeof in) == 0);
    CHECK(sendto(c, "three", 5, 0, (void *)&in, sizeof in) == 5);
    settle();
    socklen_t length = sizeof from;
    CHECK(ioctl(s, FIONREAD, &bytes) == 0 && bytes == 3 && events(s) == (POLLIN | POLLOUT));
    CHECK(recvfrom(s, got, 16, 0, (void *)&from, &length) == 3 && length == 16 && ntohs(from.sin_port) == port_of(c));
    CHECK(recv(s, got, 16, 0) == 0 && recv(s, got, 2, MSG_TRUNC | MSG_PEEK) == 5 && recv(s, got, 2, 0) == 2);
    FAILS(EAGAIN, recv(s, got, 16, MSG_DONTWAIT));
    FAILS(EMSGSIZE, sendto(c, much, 65508, 0, (void *)&in, sizeof in));
    CHECK(sendto(c, much, 65507, 0, (void *)&in, sizeof in) == 65507 && recv(s, much, sizeof much, 0) == 65507);
    FAILS(EINVAL, sendto(c, "x", 1, 0, (void *)&in, 4));
    in.sin_family = 77;
    FAILS(EAFNOSUPPORT, sendto(c, "x", 1, 0, (void *)&in, sizeof in));
    FAILS(EOPNOTSUPP, listen(s, 1));
    FAILS(EOPNOTSUPP, accept(s, NULL, NULL));
    FAILS(ENOTCONN, shutdown(s, SHUT_RD));
    close(s), close(c);
}

static void connected_datagrams(void) {
    int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0), name;
    char got[16];
    bind(s, (void *)&in, sizeof in);
    in.sin_port = htons(port_of(s));
    CHECK(connect(c, (void *)&in, sizeof in) == 0 && send(c, "hello", 5, 0) == 5 && read(s, got, 16) == 5);
    socklen_t length = sizeof name;
    CHECK(getsockname(c, (void *)&name, &length) == 0 && name.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK(sendto(other, "no", 2, 0, (void *)&name, sizeof name) == 2);
    CHECK(sendto(s, "yes", 3, 0, (void *)&name, sizeof name) == 3 && read(c, got, 16) == 3);
    FAILS(EAGAIN, recv(c, got, 16, MSG_DONTWAIT));
    close(s);
    CHECK(send(c, "gone", 4, 0) == 4);
    settle();
    CHECK((events(c) & POLLERR) == POLLERR);
    FAILS(ECONNREFUSED, recv(c, got, 16, MSG_DONTWAIT));
    CHECK(send(c, "gone", 4, 0) == 4);
    settle();
    FAILS(ECONNREFUSED, send(c, "gone", 4, 0));
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK(connect(c, &none, sizeof none) == 0);
    FAILS(ENOTCONN, getpeername(c, (void *)&name, &length));
    FAILS(EDESTADDRREQ, send(c, "x", 1, 0));
    CHECK(sendto(c, "x", 1, 0, (void *)&in, sizeof in) == 1);
    close(c), close(other);
}

static void many_messages_at_once(void) {
    int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0);
    bind(s, (void *)&in, sizeof in);
    in.sin_port = htons(port_of(s));
    char a[4] = "aaa", b[4] = "bb", got[3][8];
    struct iovec out[2] = {{a, 3}, {b, 2}}, to[3] = {{got[0], 8}, {got[1], 8}, {got[2], 8}};
    struct mmsghdr messages[3] = {0};
    for (int i = 0; i < 2; i++)
        messages[i].msg_hdr = (struct msghdr){.msg_name = &in, .msg_namelen = sizeof in, .msg_iov = &out[i], .msg_iovlen = 1};
    CHECK(sendmmsg(c, messages, 2, 0) == 2 && messages[0].msg_len == 3 && messages[1].msg_len == 2);
    settle();
    for (int i = 0; i < 3; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &to[i], .msg_iovlen = 1};
    CHECK(recvmmsg(s, messages, 3, MSG_DONTWAIT, NULL) == 2 && messages[0].msg_len == 3 && messages[1].msg_len == 2);
    FAILS(EAGAIN, recvmmsg(s, messages, 3, MSG_DONTWAIT, NULL));
    close(s), close(c);
}

static void what_comes_with_datagrams(void) {
    int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in in = at(INADDR_ANY, 0);
    bind(s, (void *)&in, sizeof in);
    in = at(0x7f010203, port_of(s));
    set(s, IPPROTO_IP, IP_PKTINFO, 1), set(s, IPPROTO_IP, IP_RECVTTL, 1), set(s, IPPROTO_IP, IP_RECVTOS, 1);
    set(s, SOL_SOCKET, SO_TIMESTAMP, 1), set(c, IPPROTO_IP, IP_TTL, 33);
    CHECK(sendto(c, "x", 1, 0, (void *)&in, sizeof in) == 1);
    char byte, control[256];
    struct iovec to = {&byte, 1};
    struct msghdr message = {.msg_iov = &to, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    CHECK(recvmsg(s, &message, 0) == 1);
    int seen = 0;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
        if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(h), sizeof info);
            seen |= info.ipi_ifindex == 1 && info.ipi_addr.s_addr == htonl(0x7f010203);
        } else if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_TTL) {
            seen |= (*(int *)CMSG_DATA(h) == 33) << 1;
        } else if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_TOS) {
            seen |= 4;
        } else if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMP) {
            seen |= (labs(((struct timeval *)CMSG_DATA(h))->tv_sec - time(NULL)) < 5) << 3;
        }
    }
    CHECK(seen == 15);
    close(s), close(c);
}

static void errors_are_queued(void) {
    int c = socket(AF_INET, SOCK_DGRAM, 0), gone = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in in = at(INADDR_LOOPBACK, 0);
    bind(gone, (void *)&in, sizeof in);
    in.sin_port = htons(port_of(gone));
    close(gone);
    set(c, IPPROTO_IP, IP_RECVERR, 1);
    char got[16], control[256];
    struct sockaddr_in name;
    struct iovec to = {got, 16};
    struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &to, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    FAILS(EAGAIN, recvmsg(c, &message, MSG_ERRQUEUE));
    CHECK(sendto(c, "lost", 4, 0, (void *)&in, sizeof in) == 4);
    settle();
    CHECK((events(c) & POLLERR) && recvmsg(c, &message, MSG_ERRQUEUE) == 4 && (message.msg_flags & MSG_ERRQUEUE));
    struct cmsghdr *h = CMSG_FIRSTHDR(&message);
    CHECK(name.sin_port == in.sin_port && h && h->cmsg_type == IP_RECVERR && *(int *)CMSG_DATA(h) == ECONNREFUSED);
    close(c);
}

static void both_families_meet(void) {
    int s = socket(AF_INET6, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in6 any = at6("::", 0), peer;
    CHECK(bind(s, (void *)&any, sizeof any) == 0 && listen(s, 5) == 0);
    int port = port_of(s);
    FAILS(EINVAL, set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    struct sockaddr_in to = at(INADDR_LOOPBACK, port);
    FAILS(EADDRINUSE, bind(t, (void *)&to, sizeof to));
    CHECK(connect(t, (void *)&to, sizeof to) == 0);
    socklen_t length = sizeof peer;
    int a = accept(s, (void *)&peer, &length);
    CHECK(a >= 0 && length == 28 && IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr) && ntohs(peer.sin6_port) == port_of(t));
    close(a), close(t);
    t = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 mapped = at6("::ffff:127.0.0.1", port), loop = at6("::1", port);
    CHECK(connect(t, (void *)&mapped, sizeof mapped) == 0);
    close(t);
    t = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK(connect(t, (void *)&loop, sizeof loop) == 0);
    length = sizeof peer;
    CHECK(getpeername(t, (void *)&peer, &length) == 0 && memcmp(&peer.sin6_addr, &loop.sin6_addr, 16) == 0);
    close(t), close(s);
    s = socket(AF_INET6, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
    set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    any = at6("::", 0);
    CHECK(bind(s, (void *)&any, sizeof any) == 0 && listen(s, 5) == 0);
    to = at(INADDR_ANY, port_of(s));
    CHECK(bind(t, (void *)&to, sizeof to) == 0);
    close(t), close(s);
    s = socket(AF_INET6, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_DGRAM, 0);
    any = at6("::", 0);
    bind(s, (void *)&any, sizeof any);
    to = at(INADDR_LOOPBACK, port_of(s));
    char got[8];
    length = sizeof peer;
    CHECK(sendto(t, "four", 4, 0, (void *)&to, sizeof to) == 4);
    CHECK(recvfrom(s, got, 8, 0, (void *)&peer, &length) == 4 && IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr));
    CHECK(sendto(s, "back", 4, 0, (void *)&peer, sizeof peer) == 4 && read(t, got, 8) == 4);
    close(s), close(t);
}

static void files_and_pipes_into_sockets(void) {
    int s[2], p[2], fd = make_file("f", "content of a file");
    char got[32];
    make_pair(s);
    CHECK(pipe(p) == 0 && sendfile(s[0], fd, NULL, 100) == 17 && recv(s[1], got, 17, MSG_WAITALL) == 17);
    CHECK(memcmp(got, "content of a file", 17) == 0);
    CHECK(write(p[1], "piped", 5) == 5 && splice(p[0], NULL, s[0], NULL, 5, 0) == 5 && read(s[1], got, 32) == 5);
    CHECK(write(s[0], "back", 4) == 4);
    settle();
    CHECK(splice(s[1], NULL, p[1], NULL, 100, 0) == 4 && read(p[0], got, 32) == 4);
    close(s[0]), close(s[1]), close(p[0]), close(p[1]), close(fd), unlink("f");
}

static void groups_on_the_loopback(void) {
    int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in in = at(INADDR_ANY, 0);
    bind(s, (void *)&in, sizeof in);
    in = at(0xefff0001, port_of(s));
    struct ip_mreq join = {{in.sin_addr.s_addr}, {htonl(INADDR_LOOPBACK)}};
    CHECK(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) == 0);
    FAILS(EADDRINUSE, setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join));
    CHECK(setsockopt(c, IPPROTO_IP, IP_MULTICAST_IF, &join.imr_interface, 4) == 0);
    char got[8];
    struct timeval soon = {1, 0};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    CHECK(sendto(c, "group", 5, 0, (void *)&in, sizeof in) == 5 && recv(s, got, 8, 0) == 5);
    CHECK(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &join, sizeof join) == 0);
    FAILS(EADDRNOTAVAIL, setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &join, sizeof join));
    close(s), close(c);
}

static void the_interface_by_ioctl(void) {
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq r = {0};
    strcpy(r.ifr_name, "lo");
    CHECK(ioctl(s, SIOCGIFINDEX, &r) == 0 && r.ifr_ifindex == 1 && ioctl(s, SIOCGIFMTU, &r) == 0 && r.ifr_mtu == 65536);
    CHECK(ioctl(s, SIOCGIFFLAGS, &r) == 0 && (r.ifr_flags & 0xffff) == (IFF_UP | IFF_LOOPBACK | IFF_RUNNING));
    CHECK(ioctl(s, SIOCGIFADDR, &r) == 0 && ((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK(ioctl(s, SIOCGIFNETMASK, &r) == 0 && ((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr == htonl(0xff000000));
    CHECK(ioctl(s, SIOCGIFHWADDR, &r) == 0 && r.ifr_hwaddr.sa_family == 772);
    CHECK(if_nametoindex("lo") == 1 && strcmp(if_indextoname(1, r.ifr_name), "lo") == 0);
    strcpy(r.ifr_name, "eth99");
    FAILS(ENODEV, ioctl(s, SIOCGIFINDEX, &r));
    int other = socket(AF_UNIX, SOCK_DGRAM, 0);
    strcpy(r.ifr_name, "lo");
    CHECK(ioctl(other, SIOCGIFMTU, &r) == 0);
    FAILS(ENOTTY, ioctl(other, SIOCGIFNETMASK, &r));
    close(other);
    struct ifreq all[8];
    struct ifconf c = {.ifc_len = sizeof all, .ifc_req = all};
    CHECK(ioctl(s, SIOCGIFCONF, &c) == 0 && c.ifc_len >= (int)sizeof *all && strcmp(all[0].ifr_name, "lo") == 0);
    close(s);
}

static void the_interface_by_netlink(void) {
    struct ifaddrs *all;
    int seen = 0;
    CHECK(getifaddrs(&all) == 0);
    for (struct ifaddrs *a = all; a; a = a->ifa_next) {
        if (strcmp(a->ifa_name, "lo") || !a->ifa_addr) continue;
        CHECK(a->ifa_flags & IFF_LOOPBACK);
        if (a->ifa_addr->sa_family == AF_INET)
            seen |= ((struct sockaddr_in *)a->ifa_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
        if (a->ifa_addr->sa_family == AF_INET6)
            seen |= IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr) << 1;
        seen |= (a->ifa_addr->sa_family == AF_PACKET) << 2;
    }
    CHECK(seen == 7);
    freeifaddrs(all);
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl name = {.nl_family = AF_NETLINK};
    socklen_t length = sizeof name;
    CHECK(bind(s, (void *)&name, sizeof name) == 0 && getsockname(s, (void *)&name, &length) == 0 && name.nl_pid != 0);
    struct {
        struct nlmsghdr h;
        struct ifinfomsg i;
    } ask = {{sizeof ask, RTM_GETLINK, NLM_F_REQUEST, 42, 0}, {.ifi_index = 1}}, none = ask;
    char got[8192];
    struct nlmsghdr *h = (void *)got;
    CHECK(send(s, &ask, sizeof ask, 0) == sizeof ask && recv(s, got, sizeof got, 0) > 0);
    CHECK(h->nlmsg_type == RTM_NEWLINK && h->nlmsg_seq == 42 && h->nlmsg_pid == name.nl_pid);
    none.i.ifi_index = 4711;
    CHECK(send(s, &none, sizeof none, 0) == sizeof none && recv(s, got, sizeof got, 0) > 0);
    CHECK(h->nlmsg_type == NLMSG_ERROR && ((struct nlmsgerr *)NLMSG_DATA(h))->error == -ENODEV);
    FAILS(EAGAIN, recv(s, got, sizeof got, MSG_DONTWAIT));
    FAILS(EINVAL, bind(s, (void *)&(struct sockaddr_in){AF_INET}, 16));
    FAILS(ESOCKTNOSUPPORT, socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
    close(s);
}

static void sockets_are_shown_in_proc(void) {
    int server = listening(0, 3), seen = 0;
    char line[512], wanted[64];
    snprintf(wanted, sizeof wanted, "0100007F:%04X 00000000:0000 0A", port_of(server));
    FILE *f = fopen("/proc/net/tcp", "r");
    CHECK(f != NULL);
    while (f && fgets(line, sizeof line, f)) seen += strstr(line, wanted) != NULL;
    CHECK(seen == 1);
    fclose(f), close(server);
}

int main(void) {
    RUN(sockets_of_each_kind);
    RUN(stream_between_client_and_server);
    RUN(names_that_are_refused);
    RUN(addresses_that_may_be_reused);
    RUN(ports_shared_by_reuseport);
    RUN(connecting_without_waiting);
    RUN(a_full_backlog_makes_clients_wait);
    RUN(a_listener_that_is_shut_down);
    RUN(halves_are_closed_one_by_one);
    RUN(connections_that_are_reset);
    RUN(disconnecting);
    RUN(a_socket_connected_with_itself);
    RUN(more_than_fits);
    RUN(flags_of_receiving_and_sending);
    RUN(urgent_bytes);
    RUN(edges_of_epoll);
    RUN(options_of_sockets);
    RUN(datagrams);
    RUN(connected_datagrams);
    RUN(many_messages_at_once);
    RUN(what_comes_with_datagrams);
    RUN(errors_are_queued);
    RUN(both_families_meet);
    RUN(files_and_pipes_into_sockets);
    RUN(groups_on_the_loopback);
    RUN(the_interface_by_ioctl);
    RUN(the_interface_by_netlink);
    RUN(sockets_are_shown_in_proc);
    DONE;
}
