import java.io.*;
import java.lang.reflect.*;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.net.URL;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

/**
 * Writes object streams, each with the text of what is in it, and reads such streams and prints the text.
 *
 * <pre>
 * java Cases.java write DIR     writes DIR/*.bin and DIR/*.txt
 * java Cases.java read DIR      reads each DIR/*.bin as DIR/*.txt says, writes what it finds to DIR/*.out
 * </pre>
 *
 * A line of text is one thing that was written to the stream: its kind, and its value. The kinds tell a reader what to read.
 */
public class Cases {
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[1]);
        switch (args[0]) {
            case "write" -> new Cases(directory).all();
            case "read" -> read(directory);
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    // Writing

    final Path directory;

    Cases(Path directory) {
        this.directory = directory;
    }

    /** A stream, and the text of what went into it. */
    static class Case extends ObjectOutputStream {
        final StringBuilder text = new StringBuilder();

        Case(OutputStream out) throws IOException {
            super(out);
        }

        Case line(String kind, Object value) {
            text.append(kind).append(' ').append(show(value)).append('\n');
            return this;
        }

        Case object(Object value) throws IOException {
            writeObject(value);
            return line("object", value);
        }

        Case objects(Object... values) throws IOException {
            for (Object value : values) object(value);
            return this;
        }

        /** An object of which the text gives the class alone. */
        Case opaque(Object value) throws IOException {
            writeObject(value);
            text.append("opaque ").append(kind(value)).append('\n');
            return this;
        }

        Case fails(Object value) throws IOException {
            try {
                writeObject(value);
            } catch (IOException expected) {
                text.append("exception\n");
                return this;
            }
            throw new IllegalStateException("was written: " + value);
        }

        Case integer(int value) throws IOException {
            writeInt(value);
            return line("int", value);
        }

        Case utf(String value) throws IOException {
            writeUTF(value);
            return line("utf", value);
        }

        Case bytes(byte[] value) throws IOException {
            write(value);
            return line("bytes", value);
        }
    }

    interface Writer {
        void write(Case out) throws Exception;
    }

    void write(String name, Writer writer) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Case out = new Case(bytes);
        save(name, bytes, out, writer);
    }

    void save(String name, ByteArrayOutputStream bytes, Case out, Writer writer) throws Exception {
        writer.write(out);
        out.flush();
        Files.write(directory.resolve(name + ".bin"), bytes.toByteArray());
        Files.writeString(directory.resolve(name + ".txt"), out.text.toString());
    }

    void all() throws Exception {
        write("empty", out -> {});
        write("boxes", out -> out.objects(
            null, true, false, true, (byte) -5, (byte) -5, (short) -300, 'Z', 'é', 0, 127, -128, 128, 127, 70000, Integer.MIN_VALUE,
            0L, 127L, 1L << 40, Long.MIN_VALUE, 0.5f, -0.25f, 1.5, 1.5, Integer.MAX_VALUE));
        write("strings", out -> {
            String shared = "shared";
            out.objects("", "plain", "é\0\uD83D\uDE00", "half \uD83D only", shared, new String("shared"), shared, "tab\tquote\"back\\slash");
        });
        write("huge-string", out -> out.objects("x".repeat(65535), "é".repeat(40000), "after"));
        write("builders", out -> out.objects(new StringBuilder("built"), new StringBuffer("buffered"), new StringBuilder()));
        write("classes", out -> {
            out.objects(String.class, int.class, Colour.class, Object.class, int[][].class, Bean.class, Runnable.class);
            out.opaque(ObjectStreamClass.lookup(Bean.class)).object(new Bean(1, "after its own descriptor"));
        });
        write("math", out -> out.objects(
            BigInteger.ZERO, BigInteger.valueOf(-1), BigInteger.ONE.shiftLeft(100), new BigInteger("-123456789012345678901234567890"),
            BigInteger.TEN.pow(300), BigDecimal.ZERO, new BigDecimal("12345678901234567890.0001"), new BigDecimal("-0.00"),
            new BigDecimal("1E+30"), new BigDecimal("1.23E-20"), new BigDecimal("-7.5")));
        write("dates", out -> {
            java.sql.Timestamp timestamp = new java.sql.Timestamp(1700000000123L);
            timestamp.setNanos(123456789);
            out.objects(new Date(0), new Date(1700000000123L), new Date(-1), timestamp, new java.sql.Date(86400000L), new java.sql.Time(3600000L));
        });
        write("time", out -> out.objects(
            Duration.ZERO, Duration.ofSeconds(29172, 345000000), Duration.ofMillis(-1500), Instant.ofEpochSecond(1700000000),
            Instant.ofEpochSecond(1700000000, 123000000), Instant.ofEpochSecond(-1, 1), LocalDate.of(2024, 2, 29), LocalDate.of(-44, 3, 15),
            LocalDate.of(12345, 1, 1), LocalTime.of(1, 2, 3), LocalTime.of(23, 59, 59, 999999999), LocalTime.of(1, 2, 3, 4000),
            LocalDateTime.of(2026, 7, 30, 12, 34, 56), LocalDateTime.of(2026, 7, 30, 12, 34, 56, 7000000),
            ZonedDateTime.of(2026, 7, 30, 12, 34, 56, 0, ZoneId.of("Europe/Berlin")),
            ZonedDateTime.of(2026, 7, 30, 12, 34, 56, 0, ZoneOffset.UTC), ZoneId.of("America/New_York"), ZoneOffset.UTC,
            ZoneOffset.ofHoursMinutes(-3, -30), ZoneOffset.ofHoursMinutesSeconds(1, 2, 3), OffsetTime.of(1, 2, 3, 0, ZoneOffset.ofHours(2)),
            OffsetDateTime.of(2026, 7, 30, 12, 34, 56, 0, ZoneOffset.ofHours(-8)), Year.of(2026), YearMonth.of(2026, 7),
            MonthDay.of(7, 30), Period.of(1, -2, 3), Period.ZERO, DayOfWeek.THURSDAY, Month.JULY));
        write("time-without-seconds", out -> out
            .opaque(LocalTime.of(12, 0)).opaque(LocalTime.of(12, 30)).opaque(LocalDateTime.of(2026, 7, 30, 12, 0)));
        write("identifiers", out -> out.objects(
            UUID.fromString("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), new UUID(0, -1), Locale.GERMANY, Locale.ENGLISH, Locale.ROOT,
            Currency.getInstance("EUR"), URI.create("https://example.org/a?b=c#d"), new URL("http://user@example.org:8080/a/b?c=d#e")));
        write("lists", out -> {
            Vector<Object> vector = new Vector<>(List.of("v", 1));
            Stack<Object> stack = new Stack<>();
            stack.push("s");
            ArrayList<Object> roomy = new ArrayList<>(100);
            roomy.add(null);
            out.objects(new ArrayList<>(), new ArrayList<>(List.of(5, 5, 1000, 1000)), roomy, new LinkedList<>(List.of("l", "m")), vector, stack,
                new ArrayDeque<>(List.of(1, 2)), new PriorityQueue<>(List.of(3, 1, 2)), Arrays.asList("a", null, 'c'),
                Arrays.asList(new Integer[] {1, 2}), List.of(), List.of(1), List.of("a", "b", "c"),
                new Named("subclass", "of a list"));
        });
        Set<String> ofMap = Collections.newSetFromMap(new LinkedHashMap<>());
        ofMap.addAll(List.of("k", "a"));
        write("sets", out -> out.objects(
            new HashSet<>(List.of("red", "green")), new LinkedHashSet<>(List.of(3, 1, 2)), new TreeSet<>(List.of("b", "a")),
            new TreeSet<>(Comparator.reverseOrder()), Set.of(), Set.of(1), EnumSet.of(Colour.RED, Colour.GREEN),
            EnumSet.noneOf(Colour.class), ofMap));
        write("maps", out -> {
            Map<Object, Object> linked = new LinkedHashMap<>();
            linked.put(1, "one");
            linked.put("two", 2);
            linked.put(null, null);
            Properties properties = new Properties();
            properties.setProperty("key", "value");
            EnumMap<Colour, Integer> colours = new EnumMap<>(Colour.class);
            colours.put(Colour.GREEN, 7);
            IdentityHashMap<Object, Object> identity = new IdentityHashMap<>();
            identity.put("i", 1);
            TreeMap<String, Integer> reverse = new TreeMap<>(Collections.reverseOrder());
            reverse.putAll(Map.of("a", 1, "b", 2));
            out.objects(new HashMap<>(), new HashMap<>(Map.of("k", "v")), linked, new TreeMap<>(Map.of("x", 1, "y", 2)), reverse,
                new Hashtable<>(Map.of("h", 1)), properties, colours, identity, Map.of(), Map.of("k", 1));
        });
        // Their order is another in each run of Java.
        write("unordered", out -> out.objects(Set.of("a", "b", "c"), Map.of("a", 1, "b", 2, "c", 3)));
        write("wrappers", out -> {
            List<Object> list = new ArrayList<>(List.of(1, 2));
            out.objects(Collections.emptyList(), Collections.emptySet(), Collections.emptyMap(), Collections.singletonList(1),
                Collections.singleton("s"), Collections.singletonMap("k", "v"), Collections.unmodifiableList(list),
                Collections.unmodifiableSet(new HashSet<>(list)), Collections.unmodifiableMap(new HashMap<>(Map.of("k", "v"))),
                Collections.unmodifiableCollection(list), Collections.unmodifiableList(new LinkedList<>(list)),
                Collections.synchronizedList(list), Collections.synchronizedSet(new HashSet<>(list)),
                Collections.synchronizedMap(new TreeMap<>(Map.of("k", "v"))), Collections.synchronizedCollection(list),
                Collections.checkedList(new ArrayList<>(List.of("c")), String.class),
                Collections.unmodifiableSortedMap(new TreeMap<>(Map.of("k", "v"))),
                Collections.unmodifiableList(Collections.synchronizedList(list)));
        });
        write("concurrent", out -> out.objects(
            new ConcurrentHashMap<>(), new ConcurrentHashMap<>(Map.of("k", 1)), new ConcurrentSkipListMap<>(Map.of("a", 1, "b", 2)),
            new CopyOnWriteArrayList<>(List.of(1, 2)), new CopyOnWriteArraySet<>(List.of(2, 1)), new ConcurrentLinkedQueue<>(List.of("q")),
            new ConcurrentLinkedDeque<>(List.of("d")), new LinkedBlockingQueue<>(List.of("b")), new ConcurrentSkipListSet<>(List.of(2, 1)),
            ConcurrentHashMap.newKeySet(), new AtomicInteger(5), new AtomicLong(6), new AtomicBoolean(true), new AtomicReference<>("ref")));
        write("arrays", out -> out.objects(
            new byte[] {0, 1, 2, 127, -128, -1}, new byte[0], new int[] {1, -2, 3}, new long[] {1L << 40}, new boolean[] {true, false},
            new char[] {'a', 'é'}, new double[] {0.5}, new float[] {-0.5f}, new short[] {-300}, new String[] {"s", null}, new Object[] {},
            new Object[] {1, "x", null, new int[] {9}}, new int[][] {{1}, {}, null}, new Colour[] {Colour.RED}, new byte[][] {{1}}));
        write("bean", out -> {
            Bean bean = new Bean(7, "customer");
            bean.next = new Bean(8, "next");
            out.objects(bean, bean.next, bean, new Derived(9, "derived"), new Bean[] {bean});
        });
        write("write-object", out -> out.objects(new Custom("first", 3), new Custom("second", 2000), new DerivedCustom("third"), new Persistent(5)));
        write("externalizable", out -> out.objects(new External(10, "before"), new External(3081, null), new External(0, "x")));
        write("proxy", out -> out.opaque(proxy()).opaque(proxy()));
        write("enums", out -> out.objects(Colour.RED, Colour.GREEN, Colour.RED, List.of(Colour.GREEN, Thread.State.NEW), new ArrayList<>(List.of(Colour.RED))));
        write("record", out -> out.objects(new Point(1, "p"), new Point(2, null)));
        write("shared", out -> {
            List<Object> list = new ArrayList<>(List.of("in both"));
            Map<Object, Object> one = new HashMap<>(Map.of("list", list)), two = new HashMap<>(Map.of("list", list));
            Integer big = 100000;
            out.objects(one, two, new ArrayList<>(Arrays.asList(list, list, one)), big, new ArrayList<>(Arrays.asList(big, big, 2)), list);
        });
        write("cycles", out -> {
            List<Object> list = new ArrayList<>();
            list.add("head");
            list.add(list);
            Bean bean = new Bean(1, "ring");
            bean.next = new Bean(2, "back");
            bean.next.next = bean;
            Map<Object, Object> map = new LinkedHashMap<>();
            map.put("self", map);
            map.put("list", list);
            Object[] array = {null, "array"};
            array[0] = array;
            out.objects(list, bean, bean.next, map, array, list);
        });
        write("deep", out -> {
            List<Object> list = new ArrayList<>(List.of("bottom"));
            Bean bean = null;
            for (int i = 0; i < 100; i++) {
                list = new ArrayList<>(Collections.singletonList(list));
                Bean above = new Bean(i, "level");
                above.next = bean;
                bean = above;
            }
            out.objects(list, bean);
        });
        write("reset", out -> {
            Bean bean = new Bean(1, "twice");
            out.object(bean);
            out.reset();
            out.object(bean).integer(5);
            out.reset();
            out.reset();
            out.integer(6).object("x").object(1).object(1);
            out.reset();
            out.object(1);
        });
        write("unshared", out -> {
            Bean bean = new Bean(1, "unshared");
            out.writeUnshared(bean);
            out.line("object", bean);
            out.writeUnshared(new Bean(2, "other"));
            out.line("object", new Bean(2, "other"));
            out.objects("x", 1);
        });
        write("primitives", out -> {
            out.writeBoolean(true);
            out.line("boolean", true).line("byte", (byte) -2);
            out.writeByte(-2);
            out.writeShort(-300);
            out.line("short", (short) -300).integer(70000).writeLong(1L << 40);
            out.line("long", 1L << 40).writeFloat(0.5f);
            out.line("float", 0.5f).writeDouble(-0.25);
            out.line("double", -0.25).utf("é\0\uD83D\uDE00").bytes(new byte[] {1, 2, 3});
        });
        write("mixed", out -> {
            byte[] bytes = new byte[3000];
            for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) i;
            out.integer(1).object("between").utf("x".repeat(1020)).integer(2).object(null).object(5);
            for (int i = 0; i < 300; i++) out.integer(i);
            out.object(5).bytes(bytes).object(5).utf("é".repeat(600)).bytes(new byte[256]).object(false).bytes(new byte[255]);
        });
        write("exceptions", out -> {
            Object broken = new Object();
            Bean bean = new Bean(1, "before");
            out.object(bean).fails(broken).object(bean).integer(7);
            out.fails(new ArrayList<>(Arrays.asList("a", bean, broken, "never"))).object(bean);
            out.fails(new Object[] {bean, new HashMap<>(Map.of("k", new Object[] {broken}))}).utf("after").object(new Bean(2, "after"));
            out.fails(new Stubborn(5)).object(bean).fails(new External(2000, broken)).integer(8).object(bean);
        });
        write("opaque", out -> {
            GregorianCalendar calendar = new GregorianCalendar(TimeZone.getTimeZone("Europe/Berlin"), Locale.GERMANY);
            calendar.setTimeInMillis(1700000000000L);
            BitSet bits = new BitSet();
            bits.set(100);
            Runnable lambda = (Runnable & Serializable) () -> System.out.println(calendar);
            out.opaque(calendar).opaque(new SimpleTimeZone(3600000, "own")).opaque(InetAddress.getByAddress("host", new byte[] {127, 0, 0, 1}))
                .opaque(bits).opaque(new IllegalStateException("wrong", new IOException("below"))).opaque(new Random(1))
                .opaque(new AtomicIntegerArray(3)).opaque(Collections.nCopies(3, "x")).opaque(new File("a/b"))
                .opaque(new AbstractMap.SimpleEntry<>("k", "v")).opaque(new java.text.SimpleDateFormat("yyyy", Locale.ROOT));
            out.opaque(lambda);
        });
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        save("annotated-classes", bytes, new Case(bytes) {
            @Override
            protected void annotateClass(Class<?> type) throws IOException {
                writeUTF("from " + type.getSimpleName());
                writeObject("where it came from");
                writeObject(null);
            }
        }, out -> out.objects(new Bean(1, "annotated"), new ArrayList<>(List.of(1)), new Bean(2, "again")));
        bytes = new ByteArrayOutputStream();
        Case old = new Case(bytes);
        old.useProtocolVersion(ObjectStreamConstants.PROTOCOL_VERSION_1);
        save("protocol-1", bytes, old, out -> out.objects(new External(10, "x")));
    }

    static Object proxy() {
        Class<?>[] interfaces = {Runnable.class, Comparable.class};
        return Proxy.newProxyInstance(Cases.class.getClassLoader(), interfaces, new Handler("handles"));
    }

    // Classes of an application

    enum Colour { RED, GREEN { @Override public String toString() { return "leaf"; } } }

    record Point(int x, String label) implements Serializable {}

    static class Bean implements Serializable {
        static final long serialVersionUID = 1;
        int number;
        double total = 8.75;
        boolean paid;
        String name;
        Bean next;
        transient Object ignored = new Object();

        Bean(int number, String name) {
            this.number = number;
            this.name = name;
        }
    }

    static class Derived extends Bean {
        static final long serialVersionUID = 2;
        String name = "hides the name above";
        List<Object> list = new ArrayList<>(List.of(1, "x"));

        Derived(int number, String name) {
            super(number, name);
        }
    }

    static class Named extends ArrayList<Object> {
        static final long serialVersionUID = 3;
        String name = "a list with a field";

        Named(Object... elements) {
            super(List.of(elements));
        }
    }

    /** Writes fields, then data of its own. */
    static class Custom implements Serializable {
        static final long serialVersionUID = 4;
        String name;
        int size;
        transient byte[] data;

        Custom(String name, int size) {
            this.name = name;
            this.size = size;
            data = new byte[size];
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.defaultWriteObject();
            out.writeInt(size);
            out.writeObject("between");
            out.write(data);
            out.writeObject(null);
            out.writeUTF("end");
        }

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            data = new byte[in.readInt()];
            if (!in.readObject().equals("between")) throw new IOException("between");
            in.readFully(data);
            if (in.readObject() != null || !in.readUTF().equals("end")) throw new IOException("end");
        }
    }

    static class DerivedCustom extends Custom {
        static final long serialVersionUID = 5;
        long more = 1L << 33;

        DerivedCustom(String name) {
            super(name, 1);
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.defaultWriteObject();
        }
    }

    /** Declares other fields than it has. */
    static class Persistent implements Serializable {
        static final long serialVersionUID = 6;
        private static final ObjectStreamField[] serialPersistentFields = {new ObjectStreamField("number", int.class)};
        int number;
        transient int hidden = 3;

        Persistent(int number) {
            this.number = number;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.putFields().put("number", number);
            out.writeFields();
        }
    }

    /** Fails before it has written its fields. */
    static class Stubborn implements Serializable {
        static final long serialVersionUID = 7;
        int number;

        Stubborn(int number) {
            this.number = number;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            throw new NotSerializableException("on purpose");
        }
    }

    public static class External implements Externalizable {
        static final long serialVersionUID = 8;
        byte[] data = {};
        Object object;

        public External() {}

        External(int size, Object object) {
            data = new byte[size];
            this.object = object;
        }

        @Override
        public void writeExternal(ObjectOutput out) throws IOException {
            out.writeInt(data.length);
            out.write(data);
            out.writeObject(object);
            out.writeUTF("end");
        }

        @Override
        public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
            data = new byte[in.readInt()];
            in.readFully(data);
            object = in.readObject();
            if (!in.readUTF().equals("end")) throw new IOException("end");
        }
    }

    static class Handler implements InvocationHandler, Serializable {
        static final long serialVersionUID = 9;
        String name;

        Handler(String name) {
            this.name = name;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) {
            return null;
        }
    }

    // Reading

    static void read(Path directory) throws Exception {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.bin")) {
            for (Path file : files) {
                String name = file.getFileName().toString().replace(".bin", "");
                StringBuilder out = new StringBuilder();
                try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
                    for (String line : Files.readAllLines(directory.resolve(name + ".txt"))) {
                        String kind = line.split(" ", 2)[0];
                        out.append(kind).append(' ').append(read(in, kind, line)).append('\n');
                    }
                    out.append(in.read() < 0 ? "" : "more bytes\n");
                } catch (Exception failure) {
                    out.append(failure).append('\n');
                    for (StackTraceElement element : failure.getStackTrace()) out.append("  ").append(element).append('\n');
                }
                Files.writeString(directory.resolve(name + ".out"), out.toString());
            }
        }
    }

    static String read(ObjectInputStream in, String kind, String line) throws Exception {
        switch (kind) {
            case "boolean": return show(in.readBoolean());
            case "byte": return show(in.readByte());
            case "short": return show(in.readShort());
            case "int": return show(in.readInt());
            case "long": return show(in.readLong());
            case "float": return show(in.readFloat());
            case "double": return show(in.readDouble());
            case "utf": return show(in.readUTF());
            case "object": return show(in.readObject());
            case "bytes":
                byte[] bytes = new byte[(line.length() - "bytes bytes ".length()) / 2];
                in.readFully(bytes);
                return show(bytes);
            case "opaque":
                return kind(in.readObject());
            default: throw new IllegalArgumentException(kind);
        }
    }

    /** The class of an object; Java makes up the names of some. */
    static String kind(Object value) {
        String name = value.getClass().getName();
        return name.contains("$$Lambda") ? "lambda" : Proxy.isProxyClass(value.getClass()) ? "proxy" : name;
    }

    // The text of a value

    static String show(Object value) {
        StringBuilder text = new StringBuilder();
        show(value, text, new ArrayDeque<>());
        return text.toString();
    }

    static void show(Object value, StringBuilder text, Deque<Object> above) {
        for (Object other : above) {
            if (other == value) {
                text.append('…');
                return;
            }
        }
        above.push(value == null ? new Object() : value);
        if (value == null) {
            text.append("null");
        } else if (value instanceof String string) {
            quote(string, text);
        } else if (value instanceof Character character) {
            text.append("Character ").append((int) character);
        } else if (value instanceof Boolean || value instanceof Number && value.getClass().getPackageName().equals("java.lang")) {
            text.append(value.getClass().getSimpleName()).append(' ').append(value);
        } else if (value instanceof AtomicBoolean || value instanceof AtomicInteger || value instanceof AtomicLong) {
            text.append(value.getClass().getSimpleName().substring(6)).append(' ').append(value);
        } else if (value instanceof AtomicReference<?> reference) {
            show(reference.get(), text, above);
        } else if (value instanceof Class<?> type) {
            text.append("class ").append(type.getName());
        } else if (value instanceof Enum<?> constant) {
            text.append(constant.getDeclaringClass().getName()).append('.').append(constant.name());
        } else if (value instanceof Date date) {
            text.append("Date ").append(date.getTime());
        } else if (value instanceof byte[] bytes) {
            text.append("bytes ");
            for (byte b : bytes) text.append(String.format("%02x", b));
        } else if (value.getClass().isArray()) {
            text.append(value.getClass().getName());
            List<Object> elements = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) elements.add(Array.get(value, i));
            all(elements, '[', ']', text, above);
        } else if (value instanceof Set<?> set) {
            all(set, '<', '>', text, above);
        } else if (value instanceof Collection<?> list) {
            all(list, '[', ']', text, above);
        } else if (value instanceof Map<?, ?> map) {
            text.append('{');
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                show(entry.getKey(), text, above);
                text.append(": ");
                show(entry.getValue(), text, above);
                text.append(", ");
            }
            text.append('}');
        } else if (value.getClass().getName().startsWith("java.")) {
            String name = value.getClass().getName();
            text.append(name).append(' ');
            quote(value.toString(), text);
        } else {
            fields(value, text, above);
        }
        above.pop();
    }

    static void all(Collection<?> elements, char open, char close, StringBuilder text, Deque<Object> above) {
        text.append(open);
        for (Object element : elements) {
            show(element, text, above);
            text.append(", ");
        }
        text.append(close);
    }

    /** What the stream has of an object: the fields that are declared, those of superclasses first, and of equal names the last. */
    static void fields(Object value, StringBuilder text, Deque<Object> above) {
        Deque<ObjectStreamClass> chain = new ArrayDeque<>();
        for (Class<?> type = value.getClass(); type != null; type = type.getSuperclass()) {
            ObjectStreamClass descriptor = ObjectStreamClass.lookup(type);
            if (descriptor != null) chain.push(descriptor);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        try {
            for (ObjectStreamClass descriptor : chain) {
                for (ObjectStreamField field : value instanceof Externalizable ? new ObjectStreamField[0] : descriptor.getFields()) {
                    Field found = descriptor.forClass().getDeclaredField(field.getName());
                    found.setAccessible(true);
                    fields.put(field.getName(), found.get(value));
                }
            }
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
        text.append(value.getClass().getName()).append('(');
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            text.append(field.getKey()).append(": ");
            show(field.getValue(), text, above);
            text.append(", ");
        }
        text.append(')');
    }

    static void quote(String string, StringBuilder text) {
        if (string.length() > 2000) {
            text.append(string.length()).append(" units with hash ").append(string.hashCode());
            return;
        }
        // Half of a pair becomes U+FFFD, as it does in any text outside Java.
        text.append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            boolean pair = Character.isHighSurrogate(c) && i + 1 < string.length() && Character.isLowSurrogate(string.charAt(i + 1));
            if (pair) {
                text.append(String.format("\\u%04x\\u%04x", (int) c, (int) string.charAt(++i)));
            } else if (Character.isSurrogate(c)) {
                text.append("\\ufffd");
            } else if (c == '"' || c == '\\' || c < ' ' || c > '~') {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}
