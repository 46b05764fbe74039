import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Calls a user: PlaceCall.java &lt;user id&gt;. */
public class PlaceCall {
    public static void main(String[] args) throws Exception {
        var topic = System.getenv().getOrDefault("KAFKA_TOPIC_PREFIX", "calls.") + "commands";
        // The key, the event's id and data.callId are one UUID: sent again, it is the same command.
        var callId = UUID.randomUUID().toString();
        var command = """
            {
              "specversion": "1.0",
              "type": "CreateCall",
              "source": "/examples/java",
              "id": "%1$s",
              "data": {
                "callId": "%1$s",
                "tenantId": "%2$s",
                "call": {
                  "@odata.type": "#microsoft.graph.call",
                  "targets": [{
                    "@odata.type": "#microsoft.graph.invitationParticipantInfo",
                    "identity": {
                      "@odata.type": "#microsoft.graph.identitySet",
                      "user": {"@odata.type": "#microsoft.graph.identity", "id": "%3$s"}
                    }
                  }],
                  "requestedModalities": ["audio"],
                  "mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"}
                }
              }
            }
            """.formatted(callId, System.getenv("TENANT_ID"), args[0]);
        var settings = Map.<String, Object>of("bootstrap.servers", System.getenv("KAFKA_BROKERS"), "acks", "all");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            var entry = new ProducerRecord<>(topic, callId, command);
            entry.headers().add("content-type", "application/cloudevents+json".getBytes());
            producer.send(entry).get();
        }
        System.out.println(callId);
    }
}
