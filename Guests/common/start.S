// Entry of the boot hart and of harts started through SBI HSM, and the trap vector. MMU off throughout.
#define STACK_SIZE 4096

  .section .text.start, "ax"
  .globl _start
_start:                         // a0: hart id, a1: device tree
  la t0, bss_start
  la t1, bss_end
1:
  bgeu t0, t1, 2f
  sd zero, (t0)
  addi t0, t0, 8
  j 1b
2:
  la sp, stacks + STACK_SIZE
  la t0, trap_entry
  csrw stvec, t0
  call guest_main
3:
  wfi
  j 3b

  .globl secondary_start
secondary_start:                // a0: hart id, a1: index among the harts, at least 1
  addi t0, a1, 1
  slli t0, t0, 12
  la sp, stacks
  add sp, sp, t0
  la t0, trap_entry
  csrw stvec, t0
  mv a0, a1
  call guest_secondary
4:
  wfi
  j 4b

  .balign 4
trap_entry:
  addi sp, sp, -128
  sd ra, 0(sp)
  sd t0, 8(sp)
  sd t1, 16(sp)
  sd t2, 24(sp)
  sd t3, 32(sp)
  sd t4, 40(sp)
  sd t5, 48(sp)
  sd t6, 56(sp)
  sd a0, 64(sp)
  sd a1, 72(sp)
  sd a2, 80(sp)
  sd a3, 88(sp)
  sd a4, 96(sp)
  sd a5, 104(sp)
  sd a6, 112(sp)
  sd a7, 120(sp)
  csrr a0, scause
  csrr a1, sepc
  csrr a2, stval
  call guest_trap
  ld ra, 0(sp)
  ld t0, 8(sp)
  ld t1, 16(sp)
  ld t2, 24(sp)
  ld t3, 32(sp)
  ld t4, 40(sp)
  ld t5, 48(sp)
  ld t6, 56(sp)
  ld a0, 64(sp)
  ld a1, 72(sp)
  ld a2, 80(sp)
  ld a3, 88(sp)
  ld a4, 96(sp)
  ld a5, 104(sp)
  ld a6, 112(sp)
  ld a7, 120(sp)
  addi sp, sp, 128
  sret

  // Outside of .bss: nothing needs to clear it, so a hart's stack takes memory only once the hart runs.
  .section .noinit, "aw", @nobits
  .balign 16
stacks:
  .space 64 * STACK_SIZE
