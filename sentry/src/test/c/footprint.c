/* Holds memory, or leaves processes behind it, for a test that looks from outside. Usage: footprint hold MIB | fork COUNT */
#include "check.h"

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int number = atoi(arguments[2]);
    if (strcmp(arguments[1], "hold") == 0) {
        long bytes = (long)number << 20;
        char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return 3;
        /* Half is touched by the program, half is filled by the kernel: both must be the same memory. */
        memset(memory, 1, bytes / 2);
        int zero = open("/dev/zero", O_RDONLY);
        for (long at = bytes / 2; at < bytes; at += 1 << 20)
            if (read(zero, memory + at, 1 << 20) != 1 << 20) return 4;
    } else {
        char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int i = 0; i < number; i++) {
            memset(memory, i, 1 << 20);
            pid_t child = fork();
            if (child == 0) {
                memset(memory, i + 1, 1 << 20);
                _exit(0);
            }
            if (child < 0 || waitpid(child, NULL, 0) != child) return 5;
        }
    }
    printf("ready\n");
    fflush(stdout);
    char end;
    return read(0, &end, 1) < 0 ? 6 : sleep(8);
}
