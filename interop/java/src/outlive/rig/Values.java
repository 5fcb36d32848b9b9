package outlive.rig;

import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Attribute values out of request parameters: the classes are those that the contract names, and one of the rig's own. */
final class Values {

    private Values() {
    }

    static Object parse(String type, String text) {
        return switch (type) {
            case "string" -> text;
            case "int" -> Integer.valueOf(text);
            case "long" -> Long.valueOf(text);
            case "double" -> Double.valueOf(text);
            case "boolean" -> Boolean.valueOf(text);
            case "date" -> new Date(Long.parseLong(text));
            case "bytes" -> hex(text);
            case "list" -> parts(text);
            case "map" -> pairs(text);
            case "cart" -> new Cart(text);
            default -> throw new BadRequest("there is no type " + type);
        };
    }

    /** Byte i is i mod 251, so that a shift by a power of two shows. */
    static byte[] pattern(int length) {
        if (length < 0) {
            throw new BadRequest("a negative number of bytes");
        }
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i % 251);
        }
        return bytes;
    }

    private static byte[] hex(String text) {
        try {
            return HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException bad) {
            throw new BadRequest("not hex digits: " + bad.getMessage());
        }
    }

    private static List<String> parts(String text) {
        return text.isEmpty() ? new ArrayList<>() : new ArrayList<>(List.of(text.split(",", -1)));
    }

    private static Map<String, String> pairs(String text) {
        Map<String, String> map = new HashMap<>();
        for (String pair : parts(text)) {
            int equals = pair.indexOf('=');
            if (equals < 0) {
                throw new BadRequest("no = in " + pair);
            }
            map.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        return map;
    }
}
