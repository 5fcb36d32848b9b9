package outlive.rig;

import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Attribute values as JSON text. */
final class Json {

    private Json() {
    }

    /** A JSON object that is written field by field; {@link #toString} closes it. */
    static final class Fields {

        private final StringBuilder text = new StringBuilder("{");

        Fields field(String name, Object value) {
            if (text.length() > 1) {
                text.append(',');
            }
            string(text, name);
            text.append(':');
            any(text, value);
            return this;
        }

        @Override
        public String toString() {
            return text + "}";
        }
    }

    private static void any(StringBuilder text, Object value) {
        if (value instanceof Map<?, ?> map) {
            Fields fields = new Fields();
            map.forEach((key, item) -> fields.field(String.valueOf(key), item));
            text.append(fields);
        } else if (value instanceof List<?> list) {
            char before = '[';
            for (Object item : list) {
                text.append(before);
                any(text, item);
                before = ',';
            }
            text.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof byte[] bytes) {
            text.append('"').append(HexFormat.of().formatHex(bytes)).append('"');
        } else if (value instanceof Date date) {
            text.append(date.getTime());
        } else if (value instanceof Double || value instanceof Float) {
            boolean finite = Double.isFinite(((Number) value).doubleValue());
            text.append(finite ? value.toString() : "null");
        } else if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Long
                || value instanceof Short || value instanceof Byte) {
            text.append(value);
        } else if (value instanceof CharSequence || value instanceof Character) {
            string(text, value.toString());
        } else {
            text.append(new Fields().field("class", value.getClass().getName()));
        }
    }

    private static void string(StringBuilder text, String value) {
        text.append('"');
        value.chars().forEach(unit -> {
            switch (unit) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                default -> {
                    if (unit < ' ') {
                        text.append("\\u").append(HexFormat.of().toHexDigits((char) unit));
                    } else {
                        text.append((char) unit);
                    }
                }
            }
        });
        text.append('"');
    }
}
