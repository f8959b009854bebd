import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

/** A server of Java's library. Arguments: HOST PORT. */
public class Server {
    public static void main(String[] args) throws Exception {
        var server = HttpServer.create(new InetSocketAddress(args[0], Integer.parseInt(args[1])), 0);
        server.createContext("/", exchange -> {
            byte[] body = String.valueOf(ProcessHandle.current().pid()).getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
