package dev.picket.service.stream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The entries of a log, as a client asked for them. Reads the files as fast as the client does, and no faster. */
public final class LogPublisher implements Flow.Publisher<OutputFrame> {
    private static final Logger LOGGER = LoggerFactory.getLogger(LogPublisher.class);

    /**
     * Which entries.
     *
     * @param since null: from the beginning
     * @param until null: to the end
     * @param tail negative: all
     */
    public record Selection(
            boolean follow,
            boolean stdout,
            boolean stderr,
            Instant since,
            Instant until,
            boolean timestamps,
            long tail) {}

    private final LogFile log;
    private final Selection selection;
    private final BooleanSupplier live;
    private final Clock clock;
    private final Executor executor;
    private final ScheduledExecutorService timer;

    /** @param live whether more may be written; {@link LogFile#wake()} must be called when that changes to false */
    public LogPublisher(
            LogFile log,
            Selection selection,
            BooleanSupplier live,
            Clock clock,
            Executor executor,
            ScheduledExecutorService timer) {
        this.log = log;
        this.selection = selection;
        this.live = live;
        this.clock = clock;
        this.executor = executor;
        this.timer = timer;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super OutputFrame> subscriber) {
        new Follower().start(subscriber);
    }

    private final class Follower extends Delivery<OutputFrame> {
        private final Runnable watcher = this::signal;
        private LogReader reader;
        private ScheduledFuture<?> deadline;
        private boolean past;

        Follower() {
            super(executor);
        }

        void start(Flow.Subscriber<? super OutputFrame> subscriber) {
            if (selection.follow()) {
                log.watch(watcher);
                if (selection.until() != null) {
                    long millis =
                            Duration.between(clock.instant(), selection.until()).toMillis();
                    deadline = timer.schedule(watcher, Math.max(0, millis) + 1, TimeUnit.MILLISECONDS);
                }
            }
            begin(subscriber);
        }

        @Override
        OutputFrame next() throws IOException {
            if (reader == null) {
                reader = LogReader.open(log, selection.tail());
            }
            while (!past && !isCancelled()) {
                LogEntry entry = reader.next();
                if (entry == null) {
                    return null;
                }
                if (selection.until() != null && entry.time().isAfter(selection.until())) {
                    past = true;
                    signal();
                } else if (isWanted(entry)) {
                    return new OutputFrame(entry.stream(), selection.timestamps() ? stamped(entry) : entry.data());
                }
            }
            return null;
        }

        private boolean isWanted(LogEntry entry) {
            boolean stream = entry.stream() == OutputFrame.STDERR ? selection.stderr() : selection.stdout();
            return stream && (selection.since() == null || !entry.time().isBefore(selection.since()));
        }

        private static byte[] stamped(LogEntry entry) {
            byte[] time = (JsonLine.formatNanos(entry.time()) + " ").getBytes(StandardCharsets.US_ASCII);
            byte[] data = java.util.Arrays.copyOf(time, time.length + entry.data().length);
            System.arraycopy(entry.data(), 0, data, time.length, entry.data().length);
            return data;
        }

        @Override
        boolean isOver() {
            return past
                    || !selection.follow()
                    || !live.getAsBoolean()
                    || selection.until() != null && clock.instant().isAfter(selection.until());
        }

        @Override
        void release() {
            log.unwatch(watcher);
            if (deadline != null) {
                deadline.cancel(false);
            }
            if (reader != null) {
                try {
                    reader.close();
                } catch (IOException e) {
                    LOGGER.warn("cannot close a reader of {}", log.path(), e);
                }
            }
        }
    }
}
