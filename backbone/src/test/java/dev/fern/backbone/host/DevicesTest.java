package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
class DevicesTest {

    private static final String ENGINE = Engine.getDefaultEngineName();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "CPU",
                "gpu:",
                "gpu:x",
                "gpu:-1",
                "gpu:0,",
                "gpu:0,,1",
                "cpu:0",
                "gpu:1234",
                " cpu"
            })
    void unknownSettingsAreRefusedWithTheKnownOnes(String setting) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Devices.requireKnown(setting))
                .withMessageContaining("auto, cpu, gpu")
                .withMessageContaining("'" + setting + "'");
    }

    @Test
    void aGpuNamedTwiceIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Devices.requireKnown("gpu:1,0,1"))
                .withMessageContaining("twice");
        Devices.requireKnown("gpu:1,0");
    }

    @Test
    void theCpuIsAlwaysThere() {
        assertThat(Devices.of("cpu", ENGINE)).containsExactly(Device.cpu());
    }

    @Test
    void withoutGpusAutoIsTheCpuAndNamingOneIsRefused() {
        assumeTrue(Engine.getEngine(ENGINE).getGpuCount() == 0, "this machine has a GPU");
        assertThat(Devices.of("auto", ENGINE)).containsExactly(Device.cpu());
        for (String setting : new String[] {"gpu", "gpu:0", "gpu:0,1"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Devices.of(setting, ENGINE))
                    .withMessageContaining("sees no GPU")
                    .withMessageContaining(setting);
        }
    }
}
