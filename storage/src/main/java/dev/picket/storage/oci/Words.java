package dev.picket.storage.oci;

import dev.picket.storage.failure.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Splits a Dockerfile line into words, and expands quotes, backslashes and variables in a word, as Docker does. */
final class Words {
    private Words() {}

    /** Splits at blanks outside quotes; quotes and backslashes stay, for {@link #expand}. */
    static List<String> split(String line) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && quote != '\'' && i + 1 < line.length()) {
                word.append(c).append(line.charAt(++i));
            } else if (quote == 0 && (c == ' ' || c == '\t')) {
                if (word.length() > 0) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else {
                if (quote == 0 && (c == '"' || c == '\'')) {
                    quote = c;
                } else if (c == quote) {
                    quote = 0;
                }
                word.append(c);
            }
        }
        if (word.length() > 0) {
            words.add(word.toString());
        }
        return words;
    }

    /** Removes quotes and backslashes, and replaces {@code $NAME}, <code>${NAME}</code>, and the forms with :- and :+. */
    static String expand(String word, Map<String, String> variables) throws StorageException.Invalid {
        var result = new StringBuilder();
        char quote = 0;
        int i = 0;
        while (i < word.length()) {
            char c = word.charAt(i);
            if (quote == '\'') {
                if (c == '\'') {
                    quote = 0;
                } else {
                    result.append(c);
                }
                i++;
            } else if (c == '\\') {
                i = backslash(word, i, quote, result);
            } else if (c == '"' || c == '\'' && quote == 0) {
                quote = quote == c ? 0 : c;
                i++;
            } else if (c == '$') {
                i = variable(word, i, variables, result);
            } else {
                result.append(c);
                i++;
            }
        }
        if (quote != 0) {
            throw new StorageException.Invalid("unexpected end of statement while looking for matching "
                    + (quote == '"' ? "double-quote" : "single-quote"));
        }
        return result.toString();
    }

    private static int backslash(String word, int at, char quote, StringBuilder result) {
        if (at + 1 >= word.length()) {
            result.append('\\');
            return at + 1;
        }
        char next = word.charAt(at + 1);
        // Inside double quotes a backslash is literal before anything but these, as in a shell.
        if (quote == '"' && next != '"' && next != '$' && next != '\\') {
            result.append('\\');
        }
        result.append(next);
        return at + 2;
    }

    private static int variable(String word, int at, Map<String, String> variables, StringBuilder result)
            throws StorageException.Invalid {
        boolean braces = at + 1 < word.length() && word.charAt(at + 1) == '{';
        int start = at + (braces ? 2 : 1);
        int end = start;
        while (end < word.length() && isNameCharacter(word.charAt(end), end == start)) {
            end++;
        }
        String name = word.substring(start, end);
        if (!braces) {
            result.append(name.isEmpty() ? "$" : variables.getOrDefault(name, ""));
            return end;
        }
        int close = word.indexOf('}', end);
        if (name.isEmpty() || close < 0) {
            throw new StorageException.Invalid("syntax error: bad substitution in \"" + word + "\"");
        }
        String value = variables.getOrDefault(name, "");
        String modifier = word.substring(end, close);
        if (modifier.startsWith(":-")) {
            result.append(value.isEmpty() ? modifier.substring(2) : value);
        } else if (modifier.startsWith(":+")) {
            result.append(value.isEmpty() ? "" : modifier.substring(2));
        } else if (modifier.isEmpty()) {
            result.append(value);
        } else {
            throw new StorageException.Invalid("unsupported modifier (" + modifier + ") in substitution");
        }
        return close + 1;
    }

    private static boolean isNameCharacter(char c, boolean first) {
        return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || !first && c >= '0' && c <= '9';
    }
}
