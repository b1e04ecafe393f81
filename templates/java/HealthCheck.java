import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Ends with 0 when a URL answers below 400, or when `host:port` accepts a connection. */
class HealthCheck {
    public static void main(String[] arguments) throws IOException {
        boolean http = arguments[0].startsWith("http://");
        URI uri = URI.create(http ? arguments[0] : "tcp://" + arguments[0]);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 2000);
            if (http) {
                socket.setSoTimeout(2000);
                String target = uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
                String request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                byte[] status = new byte["HTTP/1.1 200".length()];
                new DataInputStream(socket.getInputStream()).readFully(status);
                System.exit(status[9] < '4' ? 0 : 1);
            }
        }
    }
}
