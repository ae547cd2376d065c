package dev.picket.sentry.guest;

/** What became of a program: its exit status as a shell shows it, and what it wrote. */
record Outcome(int status, String output, String error) {}
