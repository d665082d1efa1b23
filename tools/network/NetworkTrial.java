import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import dev.fern.detection.worker.RingAllReduce;
import dev.fern.detection.worker.RingListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * The two programs of network.sh: a line between two network devices that delays and loses packets,
 * and a worker that adds up gradients with another one at the far end of it.
 */
public final class NetworkTrial {

    private static final int WARM_UP = 2;

    private NetworkTrial() {}

    /**
     * Runs one of them.
     *
     * @param arguments {@code line DEVICE DEVICE MILLISECONDS LOSS_PERCENT}, or {@code worker RANK
     *     FOLDER MIB REPEATS ADDRESS ADDRESS}
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("line")) {
            long delayNanos = Math.round(1e6 * Double.parseDouble(arguments[3]));
            double loss = Double.parseDouble(arguments[4]) / 100;
            int one = Tun.open(arguments[1]);
            int other = Tun.open(arguments[2]);
            new Direction(one, other, delayNanos, loss, 1).start();
            new Direction(other, one, delayNanos, loss, 2).start();
            System.out.println("ready");
        } else {
            add(
                    Integer.parseInt(arguments[1]),
                    Path.of(arguments[2]),
                    Integer.parseInt(arguments[3]),
                    Integer.parseInt(arguments[4]),
                    List.of(arguments).subList(5, arguments.length));
        }
    }

    /** Linux's device whose packets a process reads and writes. */
    private static final class Tun {
        private static final int READ_WRITE = 2;
        private static final long SET_DEVICE = 0x400454caL;
        private static final short PACKETS_ALONE = 0x1001;
        private static final int NAME_BYTES = 16;

        static {
            Native.register("c");
        }

        static native int open(String path, int flags);

        static native int ioctl(int file, NativeLong request, byte[] argument);

        static native NativeLong read(int file, byte[] bytes, NativeLong count);

        static native NativeLong write(int file, byte[] bytes, NativeLong count);

        static int open(String device) throws IOException {
            int file = open("/dev/net/tun", READ_WRITE);
            ByteBuffer request = ByteBuffer.allocate(40).order(ByteOrder.nativeOrder());
            request.put(device.getBytes("US-ASCII")).putShort(NAME_BYTES, PACKETS_ALONE);
            if (file < 0 || ioctl(file, new NativeLong(SET_DEVICE), request.array()) < 0) {
                throw new IOException(device + ": no such device can be made; are you root?");
            }
            return file;
        }
    }

    /** Carries packets in one direction. */
    private static final class Direction {
        private static final int MOST_WAITING = 10_000;
        private static final int MOST_BYTES = 65_536;

        private final int from;
        private final int to;
        private final long delayNanos;
        private final double loss;
        private final Random random;
        private final ArrayDeque<Packet> waiting = new ArrayDeque<>();

        private record Packet(byte[] bytes, long due) {}

        Direction(int from, int to, long delayNanos, double loss, long seed) {
            this.from = from;
            this.to = to;
            this.delayNanos = delayNanos;
            this.loss = loss;
            this.random = new Random(seed);
        }

        void start() {
            new Thread(this::receive).start();
            new Thread(this::deliver).start();
        }

        private void receive() {
            byte[] room = new byte[MOST_BYTES];
            while (true) {
                int count = Tun.read(from, room, new NativeLong(room.length)).intValue();
                if (count <= 0) { // the device is not up yet
                    LockSupport.parkNanos(1_000_000);
                } else if (random.nextDouble() >= loss) {
                    Packet packet =
                            new Packet(Arrays.copyOf(room, count), System.nanoTime() + delayNanos);
                    synchronized (waiting) {
                        if (waiting.size() < MOST_WAITING) {
                            waiting.addLast(packet);
                            waiting.notifyAll();
                        }
                    }
                }
            }
        }

        private void deliver() {
            while (true) {
                Packet packet;
                synchronized (waiting) {
                    while (waiting.isEmpty()) {
                        try {
                            waiting.wait();
                        } catch (InterruptedException e) {
                            return;
                        }
                    }
                    packet = waiting.removeFirst();
                }
                long left = packet.due() - System.nanoTime();
                if (left > 0) {
                    LockSupport.parkNanos(left);
                }
                Tun.write(to, packet.bytes(), new NativeLong(packet.bytes().length));
            }
        }
    }

    /** Adds up values with the other workers; the first prints how long that takes. */
    private static void add(int rank, Path folder, int mib, int repeats, List<String> hosts)
            throws IOException, InterruptedException {
        byte[] secret = Files.readAllBytes(folder.resolve("secret"));
        try (RingListener listener = RingListener.bind(InetAddress.getByName(hosts.get(rank)))) {
            Path written = folder.resolve("port-" + rank + ".new");
            Files.writeString(written, Integer.toString(listener.address().getPort()));
            Files.move(
                    written, folder.resolve("port-" + rank), StandardCopyOption.ATOMIC_MOVE);
            InetSocketAddress[] addresses = new InetSocketAddress[hosts.size()];
            for (int i = 0; i < addresses.length; i++) {
                Path port = folder.resolve("port-" + i);
                while (!Files.exists(port)) {
                    Thread.sleep(20);
                }
                addresses[i] =
                        new InetSocketAddress(
                                hosts.get(i), Integer.parseInt(Files.readString(port)));
            }
            Duration patience = Duration.ofMinutes(1);
            try (RingAllReduce ring =
                    listener.join(rank, List.of(addresses), secret, patience)) {
                double[] seconds = time(ring, mib << 18, repeats);
                if (rank == 0) {
                    Arrays.sort(seconds);
                    System.out.printf(
                            "%.3f s (%.3f to %.3f)%n",
                            seconds[repeats / 2], seconds[0], seconds[repeats - 1]);
                }
            }
        }
    }

    private static double[] time(RingAllReduce ring, int count, int repeats)
            throws IOException, InterruptedException {
        FloatBuffer values =
                ByteBuffer.allocateDirect(Float.BYTES * count)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        double[] seconds = new double[repeats];
        for (int i = -WARM_UP; i < repeats; i++) {
            for (int k = 0; k < count; k++) {
                values.put(k, ring.rank() + 1);
            }
            ring.gather(new byte[0]);
            long start = System.nanoTime();
            ring.sum(List.of(values));
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
            float expected = ring.size() * (ring.size() + 1) / 2f;
            for (int k = 0; k < count; k++) {
                if (values.get(k) != expected) {
                    throw new IOException("the sum is wrong: " + values.get(k));
                }
            }
        }
        return seconds;
    }
}
