import java.io.File;
import java.lang.management.ManagementFactory;

import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.session.FileStore;
import org.apache.catalina.session.PersistentManager;
import org.apache.catalina.session.StandardSession;

/** Saves sessions with Tomcat's FileStore, saves them again, loads them. Arguments: the folder, and how many. */
public class StoreBench {

    private static FileStore store;
    private static PersistentManager manager;
    private static int sessions;

    /** One step on one session. */
    interface Work {
        void on(int number) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        File folder = new File(arguments[0]).getAbsoluteFile();
        sessions = Integer.parseInt(arguments[1]);
        if (!folder.mkdirs()) {
            throw new IllegalStateException(folder + " is there");
        }
        StandardHost host = new StandardHost();
        host.setName("localhost");
        StandardContext context = new StandardContext();
        context.setName("/app");
        context.setPath("/app");
        context.setParent(host);
        manager = new PersistentManager();
        manager.setContext(context);
        store = new FileStore();
        store.setDirectory(folder.getPath());
        store.setManager(manager);

        measure("save", number -> store.save(session(number, 1)));
        measure("again", number -> store.save(session(number, 2)));
        measure("load", number -> {
            StandardSession loaded = (StandardSession) store.load(id(number));
            if (!Integer.valueOf(2).equals(loaded.getAttribute("counter"))) {
                throw new IllegalStateException("session " + number + " is another one");
            }
        });
    }

    private static void measure(String name, Work work) throws Exception {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long wall = System.nanoTime();
        long cpu = system.getProcessCpuTime();
        for (int number = 0; number < sessions; number++) {
            work.on(number);
        }
        System.out.println(name + " " + (System.nanoTime() - wall) + " " + (system.getProcessCpuTime() - cpu));
    }

    private static String id(int number) {
        return String.format("%032X.node-a", number);
    }

    private static StandardSession session(int number, int counter) {
        StandardSession session = (StandardSession) manager.createEmptySession();
        session.setNew(true);
        session.setCreationTime(System.currentTimeMillis());
        session.setMaxInactiveInterval(1800);
        session.setId(id(number), false);
        session.setValid(true);
        session.setAttribute("text", "x".repeat(100), false);
        session.setAttribute("counter", counter, false);
        return session;
    }
}
