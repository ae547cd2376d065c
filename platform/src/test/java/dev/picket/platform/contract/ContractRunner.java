package dev.picket.platform.contract;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Runs test classes with nothing but their annotations, where JUnit's engine would take minutes to load: in a machine that
 * is emulated in software. Arguments are class names, each perhaps followed by # and part of a method's name, and parts of
 * names that are left out, each behind a minus sign.
 */
final class ContractRunner {
    private ContractRunner() {}

    public static void main(String[] arguments) throws Exception {
        int failures = 0;
        var leftOut = Arrays.stream(arguments)
                .filter(argument -> argument.startsWith("-"))
                .map(argument -> argument.substring(1))
                .toList();
        for (String argument : arguments) {
            if (argument.startsWith("-")) {
                continue;
            }
            String[] parts = argument.split("#");
            for (Class<?> type = Class.forName(parts[0]); type != Object.class; type = type.getSuperclass()) {
                for (Method method : type.getDeclaredMethods()) {
                    boolean isChosen = (parts.length == 1 || method.getName().contains(parts[1]))
                            && leftOut.stream().noneMatch(method.getName()::contains);
                    if (isChosen && method.isAnnotationPresent(Test.class) && !run(Class.forName(parts[0]), method)) {
                        failures++;
                    }
                }
            }
        }
        System.out.println(failures == 0 ? "all tests passed" : failures + " tests failed");
        System.exit(Math.min(failures, 1));
    }

    private static boolean run(Class<?> type, Method test) throws Exception {
        var constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object instance = constructor.newInstance();
        long start = System.nanoTime();
        try {
            callAll(type, instance, BeforeEach.class);
            try {
                test.setAccessible(true);
                test.invoke(instance);
            } finally {
                callAll(type, instance, AfterEach.class);
            }
        } catch (InvocationTargetException e) {
            System.out.println(test.getName() + ": failed");
            e.getCause().printStackTrace(System.out);
            return false;
        }
        System.out.println(test.getName() + ": ok, " + (System.nanoTime() - start) / 1_000_000 + " ms");
        return true;
    }

    private static void callAll(Class<?> type, Object instance, Class<? extends Annotation> annotation)
            throws ReflectiveOperationException {
        for (Class<?> at = type; at != Object.class; at = at.getSuperclass()) {
            for (Method method : at.getDeclaredMethods()) {
                if (method.isAnnotationPresent(annotation)) {
                    method.setAccessible(true);
                    method.invoke(instance);
                }
            }
        }
    }
}
