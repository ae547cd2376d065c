package dev.picket.sentry.memory;

/** What became of a page fault. */
public enum FaultOutcome {
    /** The access is possible now, or there was nothing to it: run on. */
    RESOLVED,

    /** Nothing is mapped there: SIGSEGV with SEGV_MAPERR. */
    SEGV_MAPERR,

    /** What is mapped there does not permit the access: SIGSEGV with SEGV_ACCERR. */
    SEGV_ACCERR,

    /** The page is beyond the end of its file: SIGBUS with BUS_ADRERR. */
    BUS_ADRERR,

    /** There is no memory for the page. */
    OUT_OF_MEMORY
}
