package outlive.rig;

/** A parameter that is missing or means nothing: answered with 400. */
final class BadRequest extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BadRequest(String message) {
        super(message);
    }
}
