package dev.picket.sentry.boot;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.DescriptorSocket;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.select.Platforms;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.control.FrameCodec;
import dev.picket.sentry.control.FrameReader;
import dev.picket.sentry.syscall.SyscallTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Timer;
import java.util.TimerTask;

/**
 * Runs a tiny guest in a sandbox that is thrown away, before the worker gets its own: afterwards the classes that a run
 * needs are loaded, which a confined worker could do only from an archive that is open already, and a first start is fast.
 */
final class WarmUp {
    private static final int ROUNDS = 2;
    private static final long SECONDS = 5;
    private static final int MFD_CLOEXEC = 1;
    private static final long MEMORY_BYTES = 64L << 20;
    private static final int STATUS = 42;

    /** The guest: {@code fork(); wait4(-1, 0, 0, 0); getpid(); write(1, ".", 1); exit_group(42)}. */
    private static final byte[] CODE = HexFormat.of()
            .parseHex(
                    ("b839000000 0f05" // mov eax, fork; syscall
                                    + "85c0 7412" // test eax, eax; jz over the wait
                                    + "4883cfff 31f6 31d2 4d31d2" // or rdi, -1; xor esi, esi; xor edx, edx; xor r10,
                                    // r10
                                    + "b83d000000 0f05" // mov eax, wait4; syscall
                                    + "b827000000 0f05" // mov eax, getpid; syscall
                                    + "bf01000000 488d3518000000" // mov edi, 1; lea rsi, [rip + 24]: the text behind
                                    // the code
                                    + "ba01000000 b801000000 0f05" // mov edx, 1; mov eax, write; syscall
                                    + "bf2a000000 b8e7000000 0f05" // mov edi, 42; mov eax, exit_group; syscall
                                    + "2e")
                            .replace(" ", ""));

    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final long BASE = 0x40_0000;

    private WarmUp() {}

    /** @throws PlatformException if the platform does not run the guest as it should */
    static void run(String platformName, HostFacts facts, SyscallTable table) {
        for (int round = 0; round < ROUNDS; round++) {
            int[] sockets = DescriptorSocket.pair(DescriptorSocket.SOCK_STREAM);
            if (sockets == null) {
                throw new PlatformException("no sockets for the warm-up");
            }
            var socket = new ControlSocket(new DescriptorSocket(sockets[0]));
            try (var peer = new DescriptorSocket(sockets[1])) {
                runOnce(platformName, facts, table, socket, peer);
            } finally {
                socket.close();
            }
        }
    }

    private static void runOnce(
            String platformName, HostFacts facts, SyscallTable table, ControlSocket socket, DescriptorSocket peer) {
        var pump = new StreamPump(failure -> {
            // The socket is closed at the end of the round; a round that failed is seen by what it did not send.
        });
        Thread pumping = new Thread(null, pump, "warm-up", 256 * 1024);
        pumping.setDaemon(true);
        pumping.start();
        var sandbox = new Sandbox(Platforms.open(platformName), facts, table, socket, pump);
        // Nothing the guest does takes that long; a platform that hangs must not keep the worker waiting.
        var deadline = new Timer("warm-up deadline", true);
        deadline.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        peer.close();
                    }
                },
                SECONDS * 1000);
        try {
            sandbox.start(startCommand(), List.of(programDescriptor()));
            expectRun(peer);
        } catch (IOException e) {
            // What hangs cannot be closed; the process ends with it.
            Thread.getAllStackTraces().forEach((thread, trace) -> {
                System.err.println(thread);
                for (var frame : trace) {
                    System.err.println("\tat " + frame);
                }
            });
            throw new PlatformException("a guest does not run as it should on " + platformName + ": " + e.getMessage());
        }
        deadline.cancel();
        pumping.interrupt();
        sandbox.close();
    }

    private static Command.Start startCommand() {
        return new Command.Start(
                "warm-up",
                "warm-up",
                new Command.Root.HostDirectories(List.of(
                        new Command.HostEntry("/bin/init", 0, null), new Command.HostEntry("/sbin", -1, "bin"))),
                List.of(),
                new Command.ProcessSpec(List.of("init"), List.of("PATH=/usr/bin:/sbin"), "/", "", false, 0, 0, false),
                new Command.Limits(MEMORY_BYTES, 0, 0, 0, 0, 1),
                false);
    }

    private static void expectRun(DescriptorSocket peer) throws IOException {
        var reader = new FrameReader(
                (bytes, offset, length) -> Math.max(-1, peer.receive(bytes, offset, length, new ArrayList<>())),
                FrameCodec.MAXIMUM_EVENT_BYTES);
        int written = 0;
        for (byte[] body = reader.next(); body != null; body = reader.next()) {
            Event event = FrameCodec.decodeEvent(body);
            if (event instanceof Event.Output output) {
                written += output.data().length;
            } else if (event instanceof Event.Exited exited) {
                // Parent and child have written one byte each.
                if (exited.status() != STATUS || written != 2) {
                    throw new IOException("status " + exited.status() + ", " + written + " bytes");
                }
                return;
            } else if (event instanceof Event.StartFailed failed) {
                throw new IOException(failed.message());
            } else if (event instanceof Event.Crashed crashed) {
                throw new IOException(crashed.report());
            }
        }
        throw new IOException("it did not end within " + SECONDS + " seconds");
    }

    private static int programDescriptor() throws IOException {
        byte[] program = program();
        long name = NativeMemory.allocateString("warm-up");
        long bytes = NativeMemory.allocate(program.length);
        try {
            NativeMemory.copyFromArray(program, 0, bytes, program.length);
            int descriptor = Host.memfdCreate(name, MFD_CLOEXEC);
            if (descriptor < 0 || Host.pwrite(descriptor, bytes, program.length, 0) != program.length) {
                throw new IOException("no memory file for the warm-up");
            }
            Host.fchmod(descriptor, 0755);
            return descriptor;
        } finally {
            NativeMemory.free(bytes);
            NativeMemory.free(name);
        }
    }

    /** A static ELF file whose one segment is all of it; elf(5). */
    private static byte[] program() {
        int size = HEADER_BYTES + PROGRAM_HEADER_BYTES + CODE.length;
        ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        file.putShort((short) 2).putShort((short) 62).putInt(1); // ET_EXEC, EM_X86_64
        file.putLong(BASE + HEADER_BYTES + PROGRAM_HEADER_BYTES)
                .putLong(HEADER_BYTES)
                .putLong(0)
                .putInt(0);
        file.putShort((short) HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) 1);
        file.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        file.putInt(1).putInt(5).putLong(0).putLong(BASE).putLong(BASE); // PT_LOAD, read and execute
        file.putLong(size).putLong(size).putLong(4096);
        file.put(CODE);
        return file.array();
    }
}
