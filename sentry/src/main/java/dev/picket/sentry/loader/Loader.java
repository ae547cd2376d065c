package dev.picket.sentry.loader;

import static dev.picket.platform.linux.AuxiliaryVector.*;

import dev.picket.platform.Platform;
import dev.picket.platform.linux.Elf;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.ProgramLoader;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.MapRequest;
import dev.picket.sentry.memory.MemoryLimits;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.memory.ProgramAreas;
import dev.picket.sentry.vdso.Vdso;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongSupplier;

/** Loads programs for execve(2). Any thread may call. */
public final class Loader implements ProgramLoader {
    /** How many scripts may interpret one another: Linux looks at six files. */
    private static final int FILES_MAXIMUM = 6;

    private static final long PAGE_BYTES = 4096;
    private static final int ALL = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC;

    /** Linux expands a new stack by this much beyond what is on it. */
    private static final long STACK_EXTRA_BYTES = 128 << 10;

    private static final long STACK_GUARD_BYTES = 256 * PAGE_BYTES;

    // Bits of randomness, in pages, as Linux has them on x86-64.
    private static final int MAPPING_RANDOM_BITS = 28;
    private static final int STACK_RANDOM_BITS = 22;
    private static final long BRK_RANDOM_BYTES = 32L << 20;

    private static final int AUXILIARY_ENTRIES = 21;

    private final Platform platform;
    private final FrameAllocator frames;
    private final MachineFacts machine;
    private final LongSupplier random;

    /** @param random numbers that no guest can guess: for AT_RANDOM and the places of mappings */
    public Loader(Platform platform, FrameAllocator frames, MachineFacts machine, LongSupplier random) {
        this.platform = platform;
        this.frames = frames;
        this.machine = machine;
        this.random = random;
    }

    @Override
    public Program load(Request request) throws ErrnoException {
        int walk = (request.flags() & Fcntl.AT_SYMLINK_NOFOLLOW) == 0 ? PathWalk.FOLLOW : 0;
        if ((request.flags() & Fcntl.AT_EMPTY_PATH) != 0) {
            walk |= PathWalk.EMPTY_PATH;
        }
        var arguments = new Arguments(request.fileName(), request.arguments(), request.environment()).withProgramName();
        arguments.check(request.stackLimitBytes());
        OpenFile file = FileOperations.openExecutable(request.caller(), request.start(), request.fileName(), walk);
        String name = file.path().dentry().name();
        try {
            byte[] head = new byte[Script.LINE_BYTES];
            String scriptName = request.fileName();
            for (int files = 1; ; files++) {
                int length = new OpenProgram(file).read(0, head);
                if (!Script.isScript(head, length)) {
                    break;
                }
                if (files == FILES_MAXIMUM) {
                    throw ErrnoException.of(Errno.ELOOP);
                }
                Script script = Script.parse(head, length);
                arguments = arguments.interpretedBy(script, scriptName);
                arguments.check(request.stackLimitBytes());
                scriptName = script.interpreter();
                OpenFile interpreter = openInterpreter(request, script.interpreter());
                file.release();
                file = interpreter;
            }
            Path executable = file.path();
            Credentials credentials = request.privileges().credentialsFor(executable);
            InterpreterFiles interpreters = path -> openInterpreter(request, path);
            var vdso = request.vdso();
            Image image =
                    load(new OpenProgram(file), interpreters, arguments, request.stackLimitBytes(), vdso, credentials);
            return new Program(image.memory(), executable, name, credentials, image.entry(), image.stackPointer());
        } finally {
            file.release();
        }
    }

    private static OpenFile openInterpreter(Request request, String path) throws ErrnoException {
        return FileOperations.openExecutable(
                request.caller(), request.caller().workingDirectory(), path, PathWalk.FOLLOW);
    }

    /** Opens the interpreters that programs name. The caller releases the file. */
    @FunctionalInterface
    interface InterpreterFiles {
        OpenFile open(String path) throws ErrnoException;
    }

    /** A program in memory, ready to run. The receiver releases the memory. */
    record Image(MemoryManager memory, long entry, long stackPointer) {}

    /** Loads an ELF file whose interpreter, if it has one, is opened by {@code interpreters}. */
    Image load(
            ProgramFile file,
            InterpreterFiles interpreters,
            Arguments arguments,
            long stackLimitBytes,
            Vdso vdso,
            Credentials credentials)
            throws ErrnoException {
        ElfImage program = ElfImage.read(file, Errno.ENOEXEC);
        OpenFile interpreterFile = program.interpreter() == null ? null : interpreters.open(program.interpreter());
        try {
            ProgramFile interpreter = interpreterFile == null ? null : new OpenProgram(interpreterFile);
            return load(program, file, interpreter, arguments, stackLimitBytes, vdso, credentials);
        } finally {
            if (interpreterFile != null) {
                interpreterFile.release();
            }
        }
    }

    /** Loads an ELF file with its interpreter, null if it has none. */
    Image load(
            ElfImage program,
            ProgramFile file,
            ProgramFile interpreterFile,
            Arguments arguments,
            long stackLimitBytes,
            Vdso vdso,
            Credentials credentials)
            throws ErrnoException {
        ElfImage interpreter = interpreterFile == null ? null : ElfImage.read(interpreterFile, Errno.ELIBBAD);
        var memory = new MemoryManager(platform, frames);
        try {
            memory.setLimits(new MemoryLimits() {
                @Override
                public long stackBytes() {
                    return stackLimitBytes;
                }
            });
            var mapper = new ElfMapper(memory);
            long limit = memory.addressLimit();
            long stackTop = limit - pages(STACK_RANDOM_BITS);
            memory.setMappingTop(mappingTop(limit, stackLimitBytes));

            long bias = bias(memory, program, interpreter != null);
            mapper.map(program, file, bias);
            long interpreterBias = 0;
            long entry = program.entry() + bias;
            if (interpreter != null) {
                interpreterBias = bias(memory, interpreter, false);
                mapper.map(interpreter, interpreterFile, interpreterBias);
                entry = interpreter.entry() + interpreterBias;
            }
            if (entry < 0 || entry >= limit) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            memory.setBrkStart(brkStart(program, bias, interpreter != null, limit));

            var stack = new InitialStack(arguments, stackTop, random.getAsLong());
            mapStack(
                    memory, stackTop, stack.bytesAtMost(AUXILIARY_ENTRIES), stackLimitBytes, program.executableStack());
            long vdsoAddress = vdso.map(memory);
            long[] vector = auxiliaryVector(program, bias, interpreterBias, vdsoAddress, stack, credentials);
            long stackPointer = stack.write(memory, vector, random.getAsLong(), random.getAsLong());
            memory.setAreas(areas(program, bias, stack, stackPointer, vector));
            return new Image(memory, entry, stackPointer);
        } catch (ErrnoException | RuntimeException e) {
            memory.release();
            throw e;
        }
    }

    private long pages(int bits) {
        return (random.getAsLong() & (1L << bits) - 1) * PAGE_BYTES;
    }

    private long mappingTop(long limit, long stackLimitBytes) {
        long pad = (PAGE_BYTES << STACK_RANDOM_BITS) + STACK_GUARD_BYTES;
        long gap = stackLimitBytes > limit ? limit : stackLimitBytes + pad;
        gap = Math.max(128L << 20, Math.min(gap, limit / 6 * 5));
        return limit - gap - pages(MAPPING_RANDOM_BITS);
    }

    /** By how much the segments are moved. */
    private long bias(MemoryManager memory, ElfImage image, boolean hasInterpreter) throws ErrnoException {
        if (!image.isRelocatable()) {
            return 0;
        }
        long length = image.end() - image.start();
        if (length <= 0 || length > memory.addressLimit()) {
            throw ErrnoException.of(length <= 0 ? Errno.EINVAL : Errno.ENOMEM);
        }
        long alignment = image.alignment();
        if (hasInterpreter) {
            long base = programBase(memory.addressLimit()) + pages(MAPPING_RANDOM_BITS);
            return (base & -alignment) - image.start();
        }
        // What has no interpreter may be one itself: it goes where libraries go, out of the way of what it loads.
        long room = alignment <= PAGE_BYTES ? length : length + Math.min(alignment, memory.addressLimit());
        long base = memory.freeAddress(room);
        return (base + (room - length) & -Math.min(alignment, 1L << 46)) - image.start();
    }

    private static long programBase(long limit) {
        return limit / 3 * 2 & -PAGE_BYTES;
    }

    private long brkStart(ElfImage program, long bias, boolean hasInterpreter, long limit) {
        long end = program.end() + bias;
        if (program.isRelocatable() && !hasInterpreter) {
            end = programBase(limit); // among the libraries there would be no room to grow
        }
        long shift = (random.getAsLong() & BRK_RANDOM_BYTES - 1) & -PAGE_BYTES;
        return end + shift;
    }

    private static void mapStack(MemoryManager memory, long top, long bytes, long limit, boolean executable)
            throws ErrnoException {
        long length = bytes + STACK_EXTRA_BYTES + PAGE_BYTES - 1 & -PAGE_BYTES;
        long bounded = Math.max(bytes + PAGE_BYTES - 1 & -PAGE_BYTES, Math.min(length, limit & -PAGE_BYTES));
        int prot = Mman.PROT_READ | Mman.PROT_WRITE | (executable ? Mman.PROT_EXEC : 0);
        int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_GROWSDOWN | Mman.MAP_STACK;
        memory.map(new MapRequest(top - bounded, bounded, prot, flags, null, 0, ALL, "[stack]").at(top - bounded));
    }

    private long[] auxiliaryVector(
            ElfImage program,
            long bias,
            long interpreterBase,
            long vdsoAddress,
            InitialStack stack,
            Credentials credentials) {
        long headers = program.programHeaderAddress() == 0 ? 0 : program.programHeaderAddress() + bias;
        boolean secure = credentials.realUser() != credentials.effectiveUser()
                || credentials.realGroup() != credentials.effectiveGroup();
        return new long[] {
            AT_SYSINFO_EHDR, vdsoAddress,
            AT_MINSIGSTKSZ, machine.signalFrameBytes(),
            AT_HWCAP, machine.capabilities(),
            AT_PAGESZ, PAGE_BYTES,
            AT_CLKTCK, 100,
            AT_PHDR, headers,
            AT_PHENT, Elf.PHDR_BYTES,
            AT_PHNUM, program.programHeaderCount(),
            AT_BASE, interpreterBase,
            AT_FLAGS, 0,
            AT_ENTRY, program.entry() + bias,
            AT_UID, Integer.toUnsignedLong(credentials.realUser()),
            AT_EUID, Integer.toUnsignedLong(credentials.effectiveUser()),
            AT_GID, Integer.toUnsignedLong(credentials.realGroup()),
            AT_EGID, Integer.toUnsignedLong(credentials.effectiveGroup()),
            AT_SECURE, secure ? 1 : 0,
            AT_RANDOM, stack.randomAddress(),
            AT_HWCAP2, machine.capabilities2(),
            AT_EXECFN, stack.fileNameAddress(),
            AT_PLATFORM, stack.platformAddress(),
            AT_NULL, 0
        };
    }

    private static ProgramAreas areas(
            ElfImage program, long bias, InitialStack stack, long stackPointer, long[] auxiliaryVector) {
        long codeStart = Long.MAX_VALUE;
        long codeEnd = 0;
        long dataStart = 0;
        long dataEnd = 0;
        for (ElfImage.Load load : program.loads()) {
            long start = load.address() + bias;
            long end = start + load.fileBytes();
            if ((load.flags() & Elf.PF_X) != 0) {
                codeStart = Math.min(codeStart, start);
                codeEnd = Math.max(codeEnd, end);
            }
            dataStart = Math.max(dataStart, start);
            dataEnd = Math.max(dataEnd, end);
        }
        var vector = ByteBuffer.allocate(auxiliaryVector.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : auxiliaryVector) {
            vector.putLong(value);
        }
        return new ProgramAreas(
                Math.min(codeStart, dataStart),
                codeEnd,
                dataStart,
                dataEnd,
                stackPointer,
                stack.argumentStart(),
                stack.environmentStart(),
                stack.environmentStart(),
                stack.environmentEnd(),
                vector.array());
    }
}
