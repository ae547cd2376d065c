package dev.picket.sentry.boot;

import dev.picket.sentry.control.Event;
import dev.picket.sentry.credentials.Credentials;
import java.util.ArrayList;
import java.util.List;

/** Users and groups of the guest, by its own /etc/passwd and /etc/group; passwd(5), group(5). */
final class Accounts {
    private static final int MAXIMUM_GROUPS = 65_536; // NGROUPS_MAX

    private final String passwd;
    private final String group;

    Accounts(Outsider caller) {
        passwd = GuestText.read(caller, "/etc/passwd");
        group = GuestText.read(caller, "/etc/group");
    }

    /** Who a process runs as, and where it is at home. */
    record Account(int user, int group, int[] groups, String home) {
        Credentials credentials() {
            return Credentials.initial(user, group, groups, Credentials.DOCKER_DEFAULT);
        }
    }

    /**
     * Looks up {@code user[:group]}, names or numbers; empty is root. With a group there are no supplementary ones.
     *
     * @throws StartFailure BAD_USER if a name is not there, or a number is out of range
     */
    Account find(String spec) throws StartFailure {
        int colon = spec.indexOf(':');
        String userPart = colon < 0 ? spec : spec.substring(0, colon);
        String groupPart = colon < 0 ? "" : spec.substring(colon + 1);
        String wanted = userPart.isEmpty() ? "0" : userPart;

        String[] entry = entry(passwd, wanted, 2);
        int user;
        int primary = 0;
        String home = "/";
        String name = "";
        if (entry != null && entry.length >= 6) {
            user = number(entry[2], "user", wanted);
            primary = number(entry[3], "group", entry[3]);
            home = entry[5].isEmpty() ? "/" : entry[5];
            name = entry[0];
        } else if (isNumber(wanted)) {
            user = number(wanted, "user", wanted);
        } else {
            throw new StartFailure(
                    Event.Reason.BAD_USER,
                    "unable to find user " + GuestText.text(wanted) + ": no matching entries in passwd file");
        }
        if (groupPart.isEmpty()) {
            return new Account(user, primary, supplementary(name, primary), home);
        }
        String[] groupEntry = entry(group, groupPart, 2);
        if (groupEntry != null) {
            return new Account(user, number(groupEntry[2], "group", groupPart), new int[0], home);
        }
        if (isNumber(groupPart)) {
            return new Account(user, number(groupPart, "group", groupPart), new int[0], home);
        }
        throw new StartFailure(
                Event.Reason.BAD_USER,
                "unable to find group " + GuestText.text(groupPart) + ": no matching entries in group file");
    }

    /** The entry with that name, or else with that number at position {@code numberAt}. */
    private static String[] entry(String file, String wanted, int numberAt) {
        String[] byNumber = null;
        for (String line : file.split("\n")) {
            String[] fields = line.strip().split(":", -1);
            if (fields.length <= numberAt) {
                continue;
            }
            if (fields[0].equals(wanted)) {
                return fields;
            }
            if (byNumber == null && isNumber(wanted) && fields[numberAt].equals(wanted)) {
                byNumber = fields;
            }
        }
        return byNumber;
    }

    private int[] supplementary(String name, int primary) {
        List<Integer> groups = new ArrayList<>();
        groups.add(primary);
        for (String line : name.isEmpty() ? new String[0] : group.split("\n")) {
            String[] fields = line.strip().split(":", -1);
            if (fields.length < 4 || !isNumber(fields[2]) || groups.size() >= MAXIMUM_GROUPS) {
                continue;
            }
            for (String member : fields[3].split(",")) {
                long id = Long.parseLong(fields[2]);
                if (member.equals(name) && id <= 0xffff_fffeL && !groups.contains((int) id)) {
                    groups.add((int) id);
                }
            }
        }
        return groups.stream().mapToInt(Integer::intValue).toArray();
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() <= 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static int number(String text, String kind, String shown) throws StartFailure {
        // runc takes ids up to 2^31 - 1.
        if (!isNumber(text) || Long.parseLong(text) > Integer.MAX_VALUE) {
            throw new StartFailure(
                    Event.Reason.BAD_USER,
                    "unable to find " + kind + " " + GuestText.text(shown)
                            + ": uids and gids must be in range 0-2147483647");
        }
        return Integer.parseInt(text);
    }
}
