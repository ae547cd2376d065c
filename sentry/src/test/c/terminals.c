/* pty(7), termios(3), job control. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static char slave_name[64];

static ssize_t read_for(int fd, char *buffer, size_t size, int milliseconds) {
    struct pollfd poll_it = {fd, POLLIN, 0};
    if (poll(&poll_it, 1, milliseconds) != 1) return -2;
    return read(fd, buffer, size);
}

static void open_pair(void) {
    unsigned number;
    int unlock = 0;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    ioctl(master, TIOCSPTLCK, &unlock), ioctl(master, TIOCGPTN, &number);
    snprintf(slave_name, sizeof slave_name, "/dev/pts/%u", number);
    slave = open(slave_name, O_RDWR | O_NOCTTY);
}

static void pair_opens(void) {
    open_pair();
    CHECK(master >= 0 && slave >= 0 && isatty(slave));
    struct stat st;
    CHECK(fstat(slave, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev >> 8 == 136);
    FAILS(ENOTTY, ioctl(make_file("plain", ""), TCGETS, &st));
}

static void canonical_input_comes_in_lines(void) {
    char got[64] = {0};
    CHECK(write(master, "ab", 2) == 2 && read_for(slave, got, 64, 20) == -2);
    CHECK(write(master, "c\rrest", 6) == 6 && read_for(slave, got, 64, 1000) == 4 && memcmp(got, "abc\n", 4) == 0);
    CHECK(write(master, "\177\177X\n", 4) == 4 && read_for(slave, got, 64, 1000) == 4 && memcmp(got, "reX\n", 4) == 0);
    CHECK(write(master, "kill\025new\n", 9) == 9 && read_for(slave, got, 64, 1000) == 4 && memcmp(got, "new\n", 4) == 0);
    CHECK(write(master, "half\004", 5) == 5 && read_for(slave, got, 64, 1000) == 4);
    CHECK(write(master, "\004", 1) == 1 && read_for(slave, got, 64, 1000) == 0);
    while (read_for(master, got, 64, 20) > 0);
}

static void echo_and_output_processing(void) {
    char got[64] = {0};
    CHECK(write(slave, "a\nb", 3) == 3 && read_for(master, got, 64, 1000) == 4 && memcmp(got, "a\r\nb", 4) == 0);
    CHECK(write(master, "q\001", 2) == 2 && read_for(master, got, 64, 1000) == 3 && memcmp(got, "q^A", 3) == 0);
    CHECK(write(master, "\n", 1) == 1 && read_for(slave, got, 64, 1000) == 3);
    while (read_for(master, got, 64, 20) > 0);
}

static void raw_mode_passes_bytes(void) {
    struct termios old, raw;
    char got[64] = {0};
    CHECK(tcgetattr(slave, &old) == 0 && (old.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
    raw = old;
    cfmakeraw(&raw);
    CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
    CHECK(write(master, "\003\r\n", 3) == 3 && read_for(slave, got, 64, 1000) == 3 && memcmp(got, "\003\r\n", 3) == 0);
    CHECK(write(slave, "\n", 1) == 1 && read_for(master, got, 64, 1000) == 1);
    raw.c_cc[VMIN] = 0, raw.c_cc[VTIME] = 1;
    CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
    double start = now_seconds();
    CHECK(read(slave, got, 64) == 0 && now_seconds() - start >= 0.09);
    CHECK(tcsetattr(slave, TCSAFLUSH, &old) == 0);
}

static void window_size(void) {
    struct winsize size = {24, 80, 0, 0}, got;
    CHECK(ioctl(master, TIOCSWINSZ, &size) == 0 && ioctl(slave, TIOCGWINSZ, &got) == 0);
    CHECK(got.ws_row == 24 && got.ws_col == 80);
}

static volatile sig_atomic_t caught;
static void note(int signal) { caught = signal; }

static void interrupt_character_signals_the_foreground(void) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGINT, note), signal(SIGWINCH, note);
        setsid();
        if (ioctl(slave, TIOCSCTTY, 0)) _exit(1);
        if (tcgetpgrp(slave) != getpid() || tcgetsid(slave) != getpid()) _exit(2);
        int tty = open("/dev/tty", O_RDWR);
        if (tty < 0) _exit(3);
        if (write(tty, "r", 1) != 1) _exit(4);
        for (int i = 0; i < 500 && caught != SIGINT; i++) usleep(10000);
        if (caught != SIGINT) _exit(5);
        if (write(tty, "s", 1) != 1) _exit(6);
        for (int i = 0; i < 500 && caught != SIGWINCH; i++) usleep(10000);
        _exit(caught != SIGWINCH);
    }
    char got[64];
    CHECK(read_for(master, got, 1, 5000) == 1);
    CHECK(write(master, "\003", 1) == 1);
    while (read_for(master, got, 1, 5000) == 1 && got[0] != 's');
    struct winsize size = {50, 100, 0, 0};
    CHECK(ioctl(master, TIOCSWINSZ, &size) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void background_read_stops(void) {
    int status;
    close(slave), close(master);
    open_pair();
    fflush(stdout);
    pid_t leader = fork();
    if (leader == 0) {
        int inner;
        setsid(), ioctl(slave, TIOCSCTTY, 0);
        pid_t background = fork();
        if (background == 0) {
            char c;
            setpgid(0, 0);
            signal(SIGTTIN, SIG_DFL);
            _exit(read(slave, &c, 1) == 1 ? 0 : 9);
        }
        setpgid(background, background);
        if (waitpid(background, &inner, WUNTRACED) != background || !WIFSTOPPED(inner) || WSTOPSIG(inner) != SIGTTIN) _exit(1);
        signal(SIGTTOU, SIG_IGN);
        if (tcsetpgrp(slave, background)) _exit(2);
        if (write(slave, "go", 2) != 2) _exit(3);
        kill(background, SIGCONT);
        if (waitpid(background, &inner, 0) != background || inner != 0) _exit(4);
        _exit(0);
    }
    char got[8];
    CHECK(read_for(master, got, 2, 5000) == 2);
    CHECK(write(master, "x\n", 2) == 2);
    CHECK(waitpid(leader, &status, 0) == leader && status == 0);
}

static void hang_up(void) {
    int status;
    char got[8];
    close(slave), close(master);
    open_pair();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(master);
        setsid(), ioctl(slave, TIOCSCTTY, 0);
        signal(SIGHUP, note);
        if (write(slave, "r", 1) != 1) _exit(1);
        for (int i = 0; i < 500 && caught != SIGHUP; i++) usleep(10000);
        _exit(!(caught == SIGHUP && read(slave, got, 1) == 0));
    }
    CHECK(read_for(master, got, 1, 5000) == 1);
    close(slave), close(master);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    open_pair();
    close(slave);
    CHECK(read(master, got, 1) == -1 && errno == EIO);
    close(master);
}

int main(void) {
    RUN(pair_opens);
    RUN(canonical_input_comes_in_lines);
    RUN(echo_and_output_processing);
    RUN(raw_mode_passes_bytes);
    RUN(window_size);
    RUN(interrupt_character_signals_the_foreground);
    RUN(background_read_stops);
    RUN(hang_up);
    DONE;
}
