package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds the OpenAPI document against what the server does. */
class OpenApiTest extends ServerFixture {

    private JsonObject document;

    @Test
    void theDocumentSaysWhatTheServerDoes() throws Exception {
        try (PredictionServer server = start(1, 10, Optional.of("secret"))) {
            HttpResponse<String> answer = ask(server, "GET", "/openapi.json", "", new byte[0]);
            assertThat(answer.statusCode()).isEqualTo(200);
            document = JsonParser.parseString(answer.body()).getAsJsonObject();
            SwaggerParseResult parsed = new OpenAPIV3Parser().readContents(answer.body());
            assertThat(parsed.getMessages()).isEmpty();
            assertThat(parsed.getOpenAPI()).isNotNull();

            byte[] image = IMAGES.get(0);
            Set<String> seen = new TreeSet<>();
            String predictions = "/predictions/{model}";
            for (Map.Entry<String, JsonElement> path : object(document, "paths").entrySet()) {
                String method = path.getValue().getAsJsonObject().keySet().iterator().next();
                boolean isOpen = !object(path.getValue(), method).has("security");
                String asked = path.getKey().replace("{model}", "cells");
                byte[] body = method.equals("post") ? image : new byte[0];
                check(path.getKey(), method, ask(server, method, asked, "secret", body), 200, seen);
                check(
                        path.getKey(),
                        method,
                        ask(server, method, asked, "", body),
                        isOpen ? 200 : 401,
                        seen);
                check(path.getKey(), method, ask(server, "PUT", asked, "secret", body), 405, seen);
            }
            check(predictions, "post", post(server, "/predictions/x", image), 404, seen);
            check(predictions, "post", post(server, "/predictions/cells?x=1", image), 400, seen);
            check(
                    predictions,
                    "post",
                    post(server, "/predictions/cells", new byte[2 * MAX_BODY]),
                    413,
                    seen);
            assertThat(seen).hasSize(16);

            for (JsonElement parameter :
                    object(object(object(document, "paths"), predictions), "post")
                            .getAsJsonArray("parameters")) {
                String name = parameter.getAsJsonObject().get("name").getAsString();
                if (parameter.getAsJsonObject().get("in").getAsString().equals("query")) {
                    String value = name.equals("classes") ? "cell" : "1";
                    HttpResponse<String> taken =
                            post(server, "/predictions/cells?" + name + "=" + value, image);
                    assertThat(taken.statusCode()).as(name).isEqualTo(200);
                    HttpResponse<String> form =
                            post(server, "/predictions/cells?" + name + "=-1", image);
                    assertThat(form.statusCode()).as(name).isEqualTo(400);
                }
            }
        }
    }

    @Override
    HttpResponse<String> post(PredictionServer server, String path, byte[] body) throws Exception {
        return ask(server, "POST", path, "secret", body);
    }

    private HttpResponse<String> ask(
            PredictionServer server, String method, String path, String token, byte[] body)
            throws Exception {
        return client.send(
                request(server, path)
                        .header("Authorization", "Bearer " + token)
                        .method(method.toUpperCase(), BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private void check(
            String path, String method, HttpResponse<String> answer, int status, Set<String> seen) {
        String about = path + " " + status + ": " + answer.body();
        assertThat(answer.statusCode()).as(about).isEqualTo(status);
        JsonObject response =
                object(
                        object(
                                object(object(object(document, "paths"), path), method),
                                "responses"),
                        Integer.toString(status));
        response = resolved(response);
        String type = answer.headers().firstValue("Content-Type").orElseThrow().split(";")[0];
        assertThat(object(response, "content").keySet()).as(about).contains(type);
        if (type.equals("application/json")) {
            requireFit(
                    JsonParser.parseString(answer.body()),
                    object(object(object(response, "content"), type), "schema"),
                    about);
        }
        if (response.has("headers")) {
            for (String header : object(response, "headers").keySet()) {
                assertThat(answer.headers().firstValue(header)).as(about).isPresent();
            }
        }
        seen.add(path + " " + status);
    }

    /** Asserts that a value is as its schema says, with all properties and no others. */
    private void requireFit(JsonElement value, JsonObject given, String about) {
        JsonObject schema = resolved(given);
        switch (schema.get("type").getAsString()) {
            case "object" -> {
                if (schema.has("properties")) {
                    JsonObject properties = object(schema, "properties");
                    assertThat(value.getAsJsonObject().keySet())
                            .as(about)
                            .isEqualTo(properties.keySet());
                    assertThat(
                                    schema.getAsJsonArray("required").asList().stream()
                                            .map(JsonElement::getAsString))
                            .containsExactlyInAnyOrderElementsOf(properties.keySet());
                    properties
                            .keySet()
                            .forEach(
                                    name ->
                                            requireFit(
                                                    value.getAsJsonObject().get(name),
                                                    object(properties, name),
                                                    about + " in " + name));
                }
            }
            case "array" -> {
                JsonArray array = value.getAsJsonArray();
                if (schema.has("minItems")) {
                    assertThat(array.size())
                            .as(about)
                            .isEqualTo(schema.get("minItems").getAsInt())
                            .isEqualTo(schema.get("maxItems").getAsInt());
                }
                array.forEach(item -> requireFit(item, object(schema, "items"), about));
            }
            case "integer" -> assertThat(value.getAsString()).as(about).matches("-?\\d+");
            case "number" -> assertThat(value.getAsJsonPrimitive().isNumber()).as(about).isTrue();
            default -> assertThat(value.getAsJsonPrimitive().isString()).as(about).isTrue();
        }
    }

    private JsonObject resolved(JsonObject schema) {
        if (!schema.has("$ref")) {
            return schema;
        }
        JsonObject at = document;
        for (String name : schema.get("$ref").getAsString().substring(2).split("/")) {
            at = object(at, name);
        }
        return at;
    }

    private static JsonObject object(JsonElement parent, String name) {
        assertThat(parent.getAsJsonObject().has(name)).as(name).isTrue();
        return parent.getAsJsonObject().getAsJsonObject(name);
    }
}
