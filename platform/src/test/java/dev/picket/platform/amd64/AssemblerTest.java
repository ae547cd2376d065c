package dev.picket.platform.amd64;

import static dev.picket.platform.amd64.Register.R12;
import static dev.picket.platform.amd64.Register.R13;
import static dev.picket.platform.amd64.Register.R8;
import static dev.picket.platform.amd64.Register.R9;
import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RCX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSI;
import static dev.picket.platform.amd64.Register.RSP;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Checks every instruction against what objdump reads out of it. */
class AssemblerTest {
    private record Golden(String text, Consumer<Assembler> instruction) {}

    private static final List<Golden> INSTRUCTIONS = List.of(
            new Golden("mov eax,0x12345678", a -> a.mov32(RAX, 0x12345678)),
            new Golden("mov r9d,0x1", a -> a.mov32(R9, 1)),
            new Golden("movabs rsi,0x1122334455667788", a -> a.mov(RSI, 0x1122334455667788L)),
            new Golden("movabs r12,0xffffffffffffffff", a -> a.mov(R12, -1L)),
            new Golden("mov rax,rbx", a -> a.mov(RAX, RBX)),
            new Golden("mov r8,rdi", a -> a.mov(R8, RDI)),
            new Golden("mov rdi,r13", a -> a.mov(RDI, R13)),
            new Golden("mov rax,QWORD PTR [rbx+0x0]", a -> a.load(RAX, RBX)),
            new Golden("mov r9,QWORD PTR [rsp+0x0]", a -> a.load(R9, RSP)),
            new Golden("mov rcx,QWORD PTR [r12+0x0]", a -> a.load(RCX, R12)),
            new Golden("mov QWORD PTR [rdi+0x0],r8", a -> a.store(RDI, R8)),
            new Golden("mov QWORD PTR [r13+0x0],rsi", a -> a.store(R13, RSI)),
            new Golden("mov rax,QWORD PTR [r9+0x18]", a -> a.load(RAX, R9, 0x18)),
            new Golden("mov QWORD PTR [rsi+0x8],rdx", a -> a.store(RSI, 8, RDX)),
            new Golden("mov DWORD PTR [rdi+0x0],edx", a -> a.store32(RDI, 0, RDX)),
            new Golden("mov DWORD PTR [r12+0x4],r8d", a -> a.store32(R12, 4, R8)),
            new Golden("add rax,rcx", a -> a.add(RAX, RCX)),
            new Golden("add rax,QWORD PTR [r9+0x20]", a -> a.add(RAX, R9, 0x20)),
            new Golden("sub r8,rdx", a -> a.sub(R8, RDX)),
            new Golden("sub rax,QWORD PTR [r9+0x10]", a -> a.sub(RAX, R9, 0x10)),
            new Golden("cmp r8,QWORD PTR [r9+0x0]", a -> a.cmp(R8, R9, 0)),
            new Golden("cmp edi,0xb", a -> a.cmp32(RDI, 11)),
            new Golden("cmp r9d,0xb", a -> a.cmp32(R9, 11)),
            new Golden("and ecx,0xfff", a -> a.and32(RCX, 0xfff)),
            new Golden("test ecx,0x60", a -> a.test32(RCX, 0x60)),
            new Golden("test r8d,0x60", a -> a.test32(R8, 0x60)),
            new Golden("or rax,rdx", a -> a.or(RAX, RDX)),
            new Golden("shl rdx,0x20", a -> a.shl(RDX, 32)),
            new Golden("shl r8,cl", a -> a.shlByCl(R8)),
            new Golden("shrd rax,rdx,0x28", a -> a.shrd(RAX, RDX, 40)),
            new Golden("mul QWORD PTR [r9+0x18]", a -> a.mul(R9, 0x18)),
            new Golden("ret", Assembler::ret),
            new Golden("pause", Assembler::pause),
            new Golden("rdtsc", Assembler::rdtsc),
            new Golden("lfence", Assembler::lfence),
            new Golden("lsl eax,ecx", a -> a.lsl(RAX, RCX)),
            new Golden("lsl r8d,r9d", a -> a.lsl(R8, R9)),
            new Golden("push rbx", a -> a.push(RBX)),
            new Golden("push r12", a -> a.push(R12)),
            new Golden("push 0x5", a -> a.pushByte(5)),
            new Golden("pop rcx", a -> a.pop(RCX)),
            new Golden("pop r8", a -> a.pop(R8)),
            new Golden("pushf", Assembler::pushfq),
            new Golden("popf", Assembler::popfq),
            new Golden("add rbx,0x1", a -> a.add(RBX, 1)),
            new Golden("add r9,0xffffffffffffffff", a -> a.add(R9, -1)),
            new Golden("sub rsp,0x80", a -> a.sub(RSP, 0x80)),
            new Golden("cmp r12,0x7", a -> a.cmp(R12, 7)),
            new Golden("test rax,rax", a -> a.test(RAX, RAX)),
            new Golden("test r8,rbx", a -> a.test(R8, RBX)),
            new Golden("xor rcx,r9", a -> a.xor(RCX, R9)),
            new Golden("div rcx", a -> a.div(RCX)),
            new Golden("div r8", a -> a.div(R8)),
            new Golden("jmp rax", a -> a.jmp(RAX)),
            new Golden("jmp r12", a -> a.jmp(R12)),
            new Golden("call rbx", a -> a.call(RBX)),
            new Golden("call r8", a -> a.call(R8)),
            new Golden("retfq", Assembler::retfq),
            new Golden("syscall", Assembler::syscall),
            new Golden("sysenter", Assembler::sysenter),
            new Golden("int 0x80", a -> a.interrupt(0x80)),
            new Golden("int3", Assembler::int3),
            new Golden("ud2", Assembler::ud2),
            new Golden("hlt", Assembler::hlt),
            new Golden("nop", Assembler::nop),
            new Golden("wrfsbase rax", a -> a.wrfsbase(RAX)),
            new Golden("wrfsbase r9", a -> a.wrfsbase(R9)),
            new Golden("wrgsbase rax", a -> a.wrgsbase(RAX)),
            new Golden("wrgsbase r9", a -> a.wrgsbase(R9)),
            new Golden("rdfsbase rax", a -> a.rdfsbase(RAX)),
            new Golden("rdgsbase r9", a -> a.rdgsbase(R9)),
            new Golden("and rbx,0xffffffffffffc000", a -> a.and(RBX, -16384)),
            new Golden("neg rax", a -> a.neg(RAX)),
            new Golden("neg r9", a -> a.neg(R9)),
            new Golden("mov ds,ecx", a -> a.movDs(RCX)),
            new Golden("mov ds,r8d", a -> a.movDs(R8)),
            new Golden("movq xmm1,rax", a -> a.movqToXmm(1, RAX)),
            new Golden("movq xmm9,r8", a -> a.movqToXmm(9, R8)),
            new Golden("movq rbx,xmm2", a -> a.movqFromXmm(RBX, 2)),
            new Golden("movq r12,xmm15", a -> a.movqFromXmm(R12, 15)));

    @Test
    void every_instruction_reads_back_as_meant() throws Exception {
        var assembler = new Assembler();
        var expected = new ArrayList<String>();
        for (var golden : INSTRUCTIONS) {
            golden.instruction.accept(assembler);
            expected.add(golden.text);
        }
        assertEquals(String.join("\n", expected), String.join("\n", disassemble(assembler.assemble())));
    }

    @Test
    void jumps_reach_labels_before_and_behind_them() throws Exception {
        var assembler = new Assembler();
        var start = assembler.here();
        var end = assembler.label();
        assembler.jmp(end);
        assembler.jz(start);
        assembler.jnz(end);
        assembler.jb(start);
        assembler.ja(end);
        assembler.leaRelative(R9, -0x1000);
        assembler.lea(R8, end);
        assembler.lea(RSI, start);
        assembler.bind(end);
        assembler.nop();

        assertEquals(
                List.of(
                        "jmp 0x32",
                        "je 0x0",
                        "jne 0x32",
                        "jb 0x0",
                        "ja 0x32",
                        "lea r9,[rip+0xfffffffffffff000] # 0xfffffffffffff024",
                        "lea r8,[rip+0x7] # 0x32",
                        "lea rsi,[rip+0xffffffffffffffce] # 0x0",
                        "nop"),
                disassemble(assembler.assemble()));
    }

    @Test
    void data_is_little_endian_and_alignment_is_filled_with_traps() {
        var assembler = new Assembler();
        assembler.data((byte) 1);
        assembler.align(4);
        assembler.data16(0x0203);
        assembler.data32(0x04050607);
        assembler.data64(0x08090a0b0c0d0e0fL);

        byte trap = (byte) 0xcc;
        assertArrayEquals(
                new byte[] {1, trap, trap, trap, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8}, assembler.assemble());
    }

    @Test
    void a_jump_to_a_label_that_was_never_bound_is_refused() {
        var assembler = new Assembler();
        assembler.jmp(assembler.label());
        assertThrows(IllegalStateException.class, assembler::assemble);
    }

    private static List<String> disassemble(byte[] code) throws IOException, InterruptedException {
        var file = Files.createTempFile("assembler", ".bin");
        try {
            Files.write(file, code);
            String output = run("objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", file.toString());
            var instructions = new ArrayList<String>();
            for (String line : output.split("\n")) {
                String[] columns = line.split("\t");
                if (columns.length == 3 && columns[0].endsWith(":")) {
                    instructions.add(columns[2].trim().replaceAll("\\s+", " ").replace("rex.W retf", "retfq"));
                }
            }
            return instructions;
        } finally {
            Files.delete(file);
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, "objdump is not installed (Debian package binutils)");
            throw e;
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(true, process.waitFor(10, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return output;
    }
}
