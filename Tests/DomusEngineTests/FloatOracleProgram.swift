import Foundation

/// A program for riscv64 Linux that applies every instruction of F and D that computes to operands from standard input
/// and writes each result with its flags to standard output.
///
/// Input: triples (a, b, c) of 64-bit words. Output, for each instruction in the order of `FloatOracleTests.plan`, for
/// each triple, for each of its rounding modes: result and flags as two 64-bit words. Singles are in the low halves.
enum FloatOracleProgram {
  static let compiler = executable("riscv64-linux-gnu-gcc")
  static let emulator = executable("qemu-riscv64")
  static var canRun: Bool { compiler != nil && emulator != nil }

  private static func executable(_ name: String) -> URL? {
    let path = "/usr/bin/\(name)"
    return FileManager.default.isExecutableFile(atPath: path) ? URL(fileURLWithPath: path) : nil
  }

  static let source = #"""
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>

    typedef uint64_t u64;
    static u64 *in, *out, n;

    #define LOADS "fmv.d.x fa0, %[a]\n fmv.d.x fa1, %[b]\n fmv.d.x fa2, %[c]\n"
    #define LOADS_S "fmv.w.x fa0, %[a]\n fmv.w.x fa1, %[b]\n fmv.w.x fa2, %[c]\n"
    #define RUN(load, text, store)                                                                  \
      do {                                                                                          \
        u64 r, f;                                                                                   \
        __asm__ volatile("fsflags zero\n" load text "\n" store "frflags %[f]\n"                     \
                         : [r] "=&r"(r), [f] "=&r"(f)                                               \
                         : [a] "r"(a), [b] "r"(b), [c] "r"(c)                                       \
                         : "fa0", "fa1", "fa2", "fa3");                                             \
        *out++ = r; *out++ = f;                                                                     \
      } while (0)
    #define S_MOVE "fmv.x.w %[r], fa3\n"
    #define D_MOVE "fmv.x.d %[r], fa3\n"
    #define LOOP for (u64 i = 0; i < n; i++) { u64 a = in[3 * i], b = in[3 * i + 1], c = in[3 * i + 2];
    #define MODES(load, text, store)                                                                \
      LOOP RUN(load, text ", rne", store); RUN(load, text ", rtz", store);                          \
      RUN(load, text ", rdn", store); RUN(load, text ", rup", store); RUN(load, text ", rmm", store); }
    #define ONCE(load, text, store) LOOP RUN(load, text, store); }

    #define ARITHMETIC(p, load, store)                                                              \
      MODES(load, "fadd." p " fa3, fa0, fa1", store)                                                \
      MODES(load, "fsub." p " fa3, fa0, fa1", store)                                                \
      MODES(load, "fmul." p " fa3, fa0, fa1", store)                                                \
      MODES(load, "fdiv." p " fa3, fa0, fa1", store)                                                \
      MODES(load, "fsqrt." p " fa3, fa0", store)                                                    \
      MODES(load, "fmadd." p " fa3, fa0, fa1, fa2", store)                                          \
      MODES(load, "fmsub." p " fa3, fa0, fa1, fa2", store)                                          \
      MODES(load, "fnmsub." p " fa3, fa0, fa1, fa2", store)                                         \
      MODES(load, "fnmadd." p " fa3, fa0, fa1, fa2", store)                                         \
      MODES(load, "fcvt.w." p " %[r], fa0", "")                                                     \
      MODES(load, "fcvt.wu." p " %[r], fa0", "")                                                    \
      MODES(load, "fcvt.l." p " %[r], fa0", "")                                                     \
      MODES(load, "fcvt.lu." p " %[r], fa0", "")                                                    \
      MODES("", "fcvt." p ".l fa3, %[a]", store)                                                    \
      MODES("", "fcvt." p ".lu fa3, %[a]", store)                                                   \
      ONCE(load, "fmin." p " fa3, fa0, fa1", store)                                                 \
      ONCE(load, "fmax." p " fa3, fa0, fa1", store)                                                 \
      ONCE(load, "feq." p " %[r], fa0, fa1", "")                                                    \
      ONCE(load, "flt." p " %[r], fa0, fa1", "")                                                    \
      ONCE(load, "fle." p " %[r], fa0, fa1", "")                                                    \
      ONCE(load, "fclass." p " %[r], fa0", "")

    int main(int argc, char **argv) {
      n = strtoull(argv[1], 0, 10);
      in = malloc(n * 24);
      u64 *start = out = malloc(n * 16 * 400);
      if (!in || !out || fread(in, 24, n, stdin) != n) return 1;
      ARITHMETIC("s", LOADS_S, S_MOVE)
      MODES("", "fcvt.s.w fa3, %[a]", S_MOVE)
      MODES("", "fcvt.s.wu fa3, %[a]", S_MOVE)
      ONCE(LOADS_S, "fcvt.d.s fa3, fa0", D_MOVE)
      ARITHMETIC("d", LOADS, D_MOVE)
      ONCE("", "fcvt.d.w fa3, %[a]", D_MOVE)
      ONCE("", "fcvt.d.wu fa3, %[a]", D_MOVE)
      MODES(LOADS, "fcvt.s.d fa3, fa0", S_MOVE)
      return fwrite(start, 8, out - start, stdout) == (u64)(out - start) ? 0 : 1;
    }
    """#
}
