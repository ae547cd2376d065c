/** The machine: {@link dev.picket.platform.amd64.Registers}, FPU state, and the small assembler that stubs are made with. */
package dev.picket.platform.amd64;
