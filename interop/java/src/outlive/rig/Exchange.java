package outlive.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.SortedMap;
import java.util.TreeMap;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;

/** One request with its answer, and the words that the routes share. */
final class Exchange {

    final HttpServletRequest request;
    private final HttpServletResponse response;
    private final String node;

    Exchange(String node, HttpServletRequest request, HttpServletResponse response) {
        this.node = node;
        this.request = request;
        this.response = response;
    }

    String optional(String parameter) {
        return request.getParameter(parameter);
    }

    String required(String parameter) {
        String value = request.getParameter(parameter);
        if (value == null) {
            throw new BadRequest("the parameter " + parameter + " is missing");
        }
        return value;
    }

    /** The session, made where there is none. */
    HttpSession session() {
        return request.getSession(true);
    }

    /** How each answer about a session begins: who answers, and for which id. */
    Json.Fields start(HttpSession session) {
        return new Json.Fields().field("node", node).field("id", session == null ? null : session.getId());
    }

    /** Answers with all that the session holds, or with its absence. */
    void replyWhole(HttpSession session) throws IOException {
        Json.Fields fields = start(session);
        if (session != null) {
            SortedMap<String, Object> attributes = new TreeMap<>();
            for (Enumeration<String> names = session.getAttributeNames(); names.hasMoreElements();) {
                String name = names.nextElement();
                attributes.put(name, session.getAttribute(name));
            }
            fields.field("new", session.isNew())
                    .field("created", session.getCreationTime())
                    .field("lastAccessed", session.getLastAccessedTime())
                    .field("maxInactive", session.getMaxInactiveInterval())
                    .field("user", request.getRemoteUser())
                    .field("attributes", attributes);
        }
        reply(fields);
    }

    void reply(Json.Fields fields) throws IOException {
        send(200, fields);
    }

    void fail(int status, String why) throws IOException {
        send(status, new Json.Fields().field("error", why));
    }

    private void send(int status, Json.Fields fields) throws IOException {
        byte[] body = fields.toString().getBytes(StandardCharsets.UTF_8);
        response.setStatus(status);
        response.setHeader("Cache-Control", "no-store");
        response.setContentType("application/json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
