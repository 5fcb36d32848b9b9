package outlive.rig;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * What no node but a Tomcat with this application can know: a class of the application's own, with one that it extends, a form
 * that it writes itself, an enum, and a reference back to itself.
 */
final class Cart extends Owned {

    private static final long serialVersionUID = 7L;

    /** How far the order has come. */
    enum Stage {
        OPEN {
            @Override
            String word() {
                return "still open";
            }
        };

        abstract String word();
    }

    /** One line of it. */
    record Line(String article, int count, double price) implements Serializable {
    }

    private final List<Line> lines = new ArrayList<>();
    private final Stage stage = Stage.OPEN;
    private final Cart self = this;
    private transient long checked;

    Cart(String owner) {
        super(owner);
        lines.add(new Line("tea", 2, 3.5));
        lines.add(new Line("cups", owner.length(), 12));
        checked = 42;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        out.writeLong(checked);
        out.writeObject(new int[] {1, 2, 3});
        out.writeUTF("the end");
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        checked = in.readLong();
        int[] numbers = (int[]) in.readObject();
        if (numbers.length != 3 || !"the end".equals(in.readUTF())) {
            throw new IOException("a cart that is not as it was written");
        }
    }

    @Override
    public String toString() {
        return owner + " " + lines + " " + stage.word() + " " + (self == this) + " " + checked;
    }
}
