import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import javax.sql.DataSource;

import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardEngine;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.session.DataSourceStore;
import org.apache.catalina.session.FileStore;
import org.apache.catalina.session.PersistentManager;
import org.apache.catalina.session.StandardSession;
import org.apache.catalina.session.StoreBase;
import org.apache.tomcat.dbcp.dbcp2.BasicDataSource;

/**
 * Saves sessions with a store of Tomcat's, saves them again, loads them: a step for each line of input. Arguments: how many sessions, how
 * many threads, and a folder, or a database's URL and the password of its user "shop".
 */
public class StoreBench {

    private static StoreBase store;
    private static PersistentManager manager;
    private static int sessions;
    private static int threads;

    /** One step on one session. */
    interface Work {
        void on(int number) throws Exception;
    }

    /** Tomcat's store over a pool that it need not look up. */
    static class PooledStore extends DataSourceStore {
        PooledStore(DataSource pool) {
            dataSource = pool;
        }
    }

    public static void main(String[] arguments) throws Exception {
        sessions = Integer.parseInt(arguments[0]);
        threads = Integer.parseInt(arguments[1]);
        StandardEngine engine = new StandardEngine();
        engine.setName("Tomcat");
        StandardHost host = new StandardHost();
        host.setName("localhost");
        host.setParent(engine);
        StandardContext context = new StandardContext();
        context.setName("/app");
        context.setPath("/app");
        context.setParent(host);
        manager = new PersistentManager();
        manager.setContext(context);
        store = arguments.length > 3 ? database(arguments[2], arguments[3]) : files(arguments[2]);
        store.setManager(manager);

        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        measure(input, number -> store.save(session(number, 1)));
        measure(input, number -> store.save(session(number, 2)));
        measure(input, number -> {
            StandardSession loaded = (StandardSession) store.load(id(number));
            if (!Integer.valueOf(2).equals(loaded.getAttribute("counter"))) {
                throw new IllegalStateException("session " + number + " is another one");
            }
        });
        System.exit(0);
    }

    private static StoreBase files(String path) {
        File folder = new File(path).getAbsoluteFile();
        if (!folder.mkdirs()) {
            throw new IllegalStateException(folder + " is there");
        }
        FileStore files = new FileStore();
        files.setDirectory(folder.getPath());
        return files;
    }

    private static StoreBase database(String url, String password) {
        BasicDataSource pool = new BasicDataSource();
        pool.setUrl(url);
        pool.setUsername("shop");
        pool.setPassword(password);
        pool.setMaxTotal(threads);
        pool.setMaxIdle(threads);
        return new PooledStore(pool);
    }

    private static void measure(BufferedReader input, Work work) throws Exception {
        if (input.readLine() == null) {
            System.exit(1);
        }
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long wall = System.nanoTime();
        long cpu = system.getProcessCpuTime();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<Future<?>> tasks = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            int first = thread;
            tasks.add(pool.submit(() -> {
                for (int number = first; number < sessions; number += threads) {
                    work.on(number);
                }
                return null;
            }));
        }
        for (Future<?> task : tasks) {
            task.get();
        }
        pool.shutdown();
        System.out.println((System.nanoTime() - wall) + " " + (system.getProcessCpuTime() - cpu));
        System.out.flush();
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
