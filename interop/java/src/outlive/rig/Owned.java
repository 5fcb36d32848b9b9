package outlive.rig;

import java.io.Serializable;

/** The class that {@link Cart} extends: it has a field of its own, which travels in a part of its own. */
class Owned implements Serializable {

    private static final long serialVersionUID = 3L;

    final String owner;

    Owned(String owner) {
        this.owner = owner;
    }
}
