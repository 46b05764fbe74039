import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Shows the events of all calls as they come. */
public class FollowCalls {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> lastSequence = new HashMap<>();
    private static final Map<String, String> states = new HashMap<>();

    public static void main(String[] args) throws Exception {
        var topic = System.getenv().getOrDefault("KAFKA_TOPIC_PREFIX", "calls.") + "events";
        // Committed below, after events were handled, never before.
        var settings = Map.<String, Object>of(
            "bootstrap.servers", System.getenv("KAFKA_BROKERS"),
            "group.id", "example-java",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false");
        var main = Thread.currentThread();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                consumer.wakeup();
                try {
                    main.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            consumer.subscribe(List.of(topic));
            while (true) {
                for (var entry : consumer.poll(Duration.ofMillis(200))) show(entry.value());
                consumer.commitSync();
            }
        } catch (WakeupException stopped) {
            // The shutdown hook asks for it.
        }
    }

    private static void show(String value) throws Exception {
        var event = JSON.readTree(value);
        var data = event.get("data");
        var callId = data.get("callId").asText();
        var sequence = event.get("sequence").asText();
        // Sequences have ten digits, so they compare as text.
        if (sequence.compareTo(lastSequence.getOrDefault(callId, "")) <= 0) return;
        lastSequence.put(callId, sequence);
        var type = event.get("type").asText();
        var late = data.path("late").asBoolean();
        if (type.equals("CallStateChanged") && !late) states.put(callId, data.get("state").asText());
        System.out.println(String.join(" ", callId, sequence, type, states.getOrDefault(callId, "-"), late ? "late" : "in time"));
    }
}
