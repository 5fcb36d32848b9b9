package outlive.rig;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;

import org.apache.catalina.ContainerServlet;
import org.apache.catalina.Context;
import org.apache.catalina.Engine;
import org.apache.catalina.Wrapper;
import org.apache.catalina.ha.CatalinaCluster;

/**
 * The session app as Tomcat serves it: a table of routes, each a method that takes one {@link Exchange}. By its class's name a node of Outlive
 * that is started from the same base folder knows that it is to answer this application itself.
 *
 * <p>The context is privileged, so that Tomcat hands its own objects over and {@code /health} can count members and
 * sessions. Tomcat opens its ports after the state transfer: when this servlet answers, the node holds its state.
 */
public final class SessionApp extends HttpServlet implements ContainerServlet {

    private static final long serialVersionUID = 1L;

    /** What one path does. */
    private interface Route {
        void serve(Exchange exchange) throws IOException, ServletException;
    }

    private final transient Map<String, Route> routes = new HashMap<>();
    private transient Wrapper wrapper;

    public SessionApp() {
        routes.put("/session", exchange -> {
            exchange.replyWhole(exchange.request.getSession("true".equals(exchange.optional("create"))));
        });
        routes.put("/set", this::set);
        routes.put("/remove", exchange -> {
            String name = exchange.required("name");
            exchange.session().removeAttribute(name);
            exchange.replyWhole(exchange.session());
        });
        routes.put("/counter", this::count);
        routes.put("/read", exchange -> {
            HttpSession session = exchange.request.getSession(false);
            Object counter = session == null ? null : session.getAttribute("counter");
            exchange.reply(exchange.start(session).field("counter", counter));
        });
        routes.put("/fill", this::fill);
        routes.put("/mutate", this::mutate);
        routes.put("/login", this::login);
        routes.put("/logout", exchange -> {
            exchange.session();
            exchange.request.logout();
            exchange.replyWhole(exchange.session());
        });
        routes.put("/changeid", exchange -> {
            exchange.session();
            exchange.request.changeSessionId();
            exchange.replyWhole(exchange.session());
        });
        routes.put("/maxinactive", exchange -> {
            exchange.session().setMaxInactiveInterval(Integer.parseInt(exchange.required("seconds")));
            exchange.replyWhole(exchange.session());
        });
        routes.put("/invalidate", exchange -> {
            HttpSession session = exchange.request.getSession(false);
            if (session != null) {
                session.invalidate();
            }
            exchange.reply(exchange.start(null));
        });
        routes.put("/text", exchange -> {
            HttpSession session = exchange.request.getSession(false);
            Object value = session == null ? null : session.getAttribute(exchange.required("name"));
            exchange.reply(exchange.start(session).field("text", value == null ? null : value.toString()));
        });
        routes.put("/health", this::health);
    }

    @Override
    public Wrapper getWrapper() {
        return wrapper;
    }

    @Override
    public void setWrapper(Wrapper wrapper) {
        this.wrapper = wrapper;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException {
        Exchange exchange = new Exchange(nodeName(), request, response);
        Route route = routes.get(request.getServletPath());
        if (route == null) {
            exchange.fail(404, "there is no such route");
            return;
        }
        try {
            route.serve(exchange);
        } catch (BadRequest bad) {
            exchange.fail(400, bad.getMessage());
        } catch (NumberFormatException bad) {
            exchange.fail(400, "not a number: " + bad.getMessage());
        }
    }

    private void set(Exchange exchange) throws IOException {
        String name = exchange.required("name");
        Object value = Values.parse(Objects.requireNonNullElse(exchange.optional("type"), "string"), exchange.required("value"));
        exchange.session().setAttribute(name, value);
        exchange.replyWhole(exchange.session());
    }

    private void count(Exchange exchange) throws IOException {
        HttpSession session = exchange.session();
        Object before = session.getAttribute("counter");
        if (before != null && !(before instanceof Integer)) {
            throw new BadRequest("counter is no Integer");
        }
        Integer after = before == null ? 1 : (Integer) before + 1;
        session.setAttribute("counter", after);
        exchange.reply(exchange.start(session).field("counter", after));
    }

    private void fill(Exchange exchange) throws IOException {
        String name = exchange.required("name");
        byte[] pattern = Values.pattern(Integer.parseInt(exchange.required("bytes")));
        exchange.session().setAttribute(name, pattern);
        exchange.reply(exchange.start(exchange.session()).field("bytes", pattern.length));
    }

    /** Appends in place and does not set again: the change that a DeltaManager cannot see. */
    private void mutate(Exchange exchange) throws IOException {
        String name = exchange.required("name");
        String value = exchange.required("value");
        if (!(exchange.session().getAttribute(name) instanceof List)) {
            throw new BadRequest(name + " is no list");
        }
        @SuppressWarnings("unchecked")
        List<Object> list = (List<Object>) exchange.session().getAttribute(name);
        list.add(value);
        exchange.replyWhole(exchange.session());
    }

    private void login(Exchange exchange) throws IOException, ServletException {
        String user = exchange.required("user");
        String password = exchange.required("password");
        if (exchange.request.getUserPrincipal() != null) {
            exchange.request.logout();
        }
        try {
            exchange.request.login(user, password);
        } catch (ServletException refused) {
            exchange.fail(401, "wrong user or password");
            return;
        }
        exchange.replyWhole(exchange.session());
    }

    private void health(Exchange exchange) throws IOException {
        Context context = context();
        int others = context.getCluster() instanceof CatalinaCluster cluster ? cluster.getMembers().length : 0;
        exchange.reply(new Json.Fields()
                .field("node", nodeName())
                .field("members", others)
                .field("sessions", context.getManager().getActiveSessions()));
    }

    private Context context() {
        return (Context) wrapper.getParent();
    }

    /** The engine's jvmRoute: wrapper, context, host, engine. */
    private String nodeName() {
        return ((Engine) context().getParent().getParent()).getJvmRoute();
    }
}
