package dev.picket.platform.host;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;

/**
 * Calls of libc with up to six 64-bit integer arguments.
 *
 * <p>It uses jffi, the layer below jnr-ffi: jnr-ffi corrupts the sixth integer argument on x86-64 (its issue 181), and
 * costs 40 ms more at start-up. Variadic functions are declared with fixed integer arguments: the calling convention is
 * the same as long as no floating-point argument is passed.
 */
final class Native {
    private static final Invoker INVOKER = Invoker.getInstance();
    private static final LastError LAST_ERROR = LastError.getInstance();
    private static final Library LIBC = Library.getCachedInstance(null, Library.LAZY | Library.GLOBAL);
    private static final CallContext[] CONTEXTS = new CallContext[7];

    static {
        for (int count = 0; count < CONTEXTS.length; count++) {
            Type[] arguments = new Type[count];
            java.util.Arrays.fill(arguments, Type.SINT64);
            CONTEXTS[count] = CallContext.getCallContext(Type.SINT64, arguments, CallingConvention.DEFAULT, true);
        }
    }

    private Native() {}

    /** Address of a function of libc. */
    static long function(String name) {
        long address = LIBC.getSymbolAddress(name);
        if (address == 0) {
            throw new UnsatisfiedLinkError("libc has no " + name);
        }
        return address;
    }

    static long call(long function) {
        return result(INVOKER.invokeN0(CONTEXTS[0], function));
    }

    static long call(long function, long a) {
        return result(INVOKER.invokeN1(CONTEXTS[1], function, a));
    }

    static long call(long function, long a, long b) {
        return result(INVOKER.invokeN2(CONTEXTS[2], function, a, b));
    }

    static long call(long function, long a, long b, long c) {
        return result(INVOKER.invokeN3(CONTEXTS[3], function, a, b, c));
    }

    static long call(long function, long a, long b, long c, long d) {
        return result(INVOKER.invokeN4(CONTEXTS[4], function, a, b, c, d));
    }

    static long call(long function, long a, long b, long c, long d, long e) {
        return result(INVOKER.invokeN5(CONTEXTS[5], function, a, b, c, d, e));
    }

    static long call(long function, long a, long b, long c, long d, long e, long f) {
        return result(INVOKER.invokeN6(CONTEXTS[6], function, a, b, c, d, e, f));
    }

    /** As {@link #call}, for functions that return an int: whatever is in the upper half of the register is not theirs. */
    static int callInt(long function) {
        return intResult(INVOKER.invokeN0(CONTEXTS[0], function));
    }

    static int callInt(long function, long a) {
        return intResult(INVOKER.invokeN1(CONTEXTS[1], function, a));
    }

    static int callInt(long function, long a, long b) {
        return intResult(INVOKER.invokeN2(CONTEXTS[2], function, a, b));
    }

    static int callInt(long function, long a, long b, long c) {
        return intResult(INVOKER.invokeN3(CONTEXTS[3], function, a, b, c));
    }

    static int callInt(long function, long a, long b, long c, long d) {
        return intResult(INVOKER.invokeN4(CONTEXTS[4], function, a, b, c, d));
    }

    static int callInt(long function, long a, long b, long c, long d, long e) {
        return intResult(INVOKER.invokeN5(CONTEXTS[5], function, a, b, c, d, e));
    }

    static int callInt(long function, long a, long b, long c, long d, long e, long f) {
        return intResult(INVOKER.invokeN6(CONTEXTS[6], function, a, b, c, d, e, f));
    }

    private static int intResult(long value) {
        return (int) value == -1 ? -LAST_ERROR.get() : (int) value;
    }

    private static long result(long value) {
        return value == -1 ? -LAST_ERROR.get() : value;
    }
}
