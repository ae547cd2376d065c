package dev.picket.api.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.api.ApiConfigurationAccess;
import dev.picket.service.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class HostConfigurationTest {
    private final JsonMapper json = ApiConfigurationAccess.jsonMapper();

    private CreateRequest request(String hostConfig) {
        return json.readValue(
                "{\"Image\":\"busybox\",\"Cmd\":[\"true\"],\"HostConfig\":" + hostConfig + "}", CreateRequest.class);
    }

    @Test
    void zero_values_that_the_docker_cli_sends_are_accepted_without_a_warning() {
        List<String> warnings = new ArrayList<>();
        var settings = request(
                        """
                {"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"","Config":{}},"NetworkMode":"default",
                "PortBindings":{},"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":true,
                "VolumeDriver":"","VolumesFrom":null,"ConsoleSize":[50,120],"CapAdd":null,"CapDrop":null,
                "CgroupnsMode":"","Dns":[],"DnsOptions":[],"DnsSearch":[],"ExtraHosts":null,"GroupAdd":null,
                "IpcMode":"","Cgroup":"","Links":null,"OomScoreAdj":0,"PidMode":"","Privileged":false,
                "PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,"UTSMode":"","UsernsMode":"",
                "ShmSize":0,"Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"CgroupParent":"",
                "BlkioWeight":0,"Devices":[],"DeviceCgroupRules":null,"DeviceRequests":null,"MemorySwappiness":-1,
                "OomKillDisable":false,"PidsLimit":0,"Ulimits":[],"CpuCount":0,"MaskedPaths":null}""")
                .toService("{}", warnings)
                .host();
        assertEquals(List.of(), warnings);
        assertTrue(settings.autoRemove());
        assertEquals(50, settings.rows());
        assertEquals(120, settings.columns());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"Devices\":[{\"PathOnHost\":\"/dev/kvm\"}]}",
                "{\"DeviceRequests\":[{\"Count\":-1}]}",
                "{\"PidMode\":\"host\"}",
                "{\"PidMode\":\"container:x\"}",
                "{\"IpcMode\":\"host\"}",
                "{\"UTSMode\":\"host\"}",
                "{\"NetworkMode\":\"host\"}",
                "{\"NetworkMode\":\"container:x\"}",
                "{\"VolumesFrom\":[\"x\"]}",
                "{\"Links\":[\"x\"]}",
                "{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]}}",
                "{\"PublishAllPorts\":true}",
            })
    void what_reaches_beyond_the_sandbox_is_refused(String hostConfig) {
        var request = request(hostConfig);
        assertThrows(Failure.BadParameter.class, () -> request.toService("{}", new ArrayList<>()));
    }

    @Test
    void an_unknown_network_is_not_found() {
        var request = request("{\"NetworkMode\":\"backend\"}");
        var failure = assertThrows(Failure.NotFound.class, () -> request.toService("{}", new ArrayList<>()));
        assertEquals("network backend not found", failure.getMessage());
    }

    @Test
    void capabilities_are_ignored_with_a_warning() {
        List<String> warnings = new ArrayList<>();
        request("{\"CapAdd\":[\"SYS_PTRACE\"]}").toService("{}", warnings);
        assertEquals(1, warnings.size());
    }

    @Test
    void binds_and_bind_mounts_reach_the_service_which_decides() {
        var settings = request(
                        "{\"Binds\":[\"/a:/b\"],\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/c\",\"Target\":\"/d\",\"ReadOnly\":true}]}")
                .toService("{}", new ArrayList<>())
                .host();
        assertEquals(List.of("/a:/b", "/c:/d:ro"), settings.binds());
    }

    @Test
    void a_quota_counts_as_cpus() {
        var settings = request("{\"CpuQuota\":50000,\"CpuPeriod\":100000}")
                .toService("{}", new ArrayList<>())
                .host();
        assertEquals(500_000_000L, settings.nanoCpus());
    }

    @Test
    void a_command_may_be_one_string_and_case_does_not_matter() {
        var request = json.readValue("{\"image\":\"busybox\",\"cmd\":\"true\"}", CreateRequest.class);
        assertEquals(List.of("true"), request.toService("{}", new ArrayList<>()).command());
    }

    @Test
    void what_picket_does_not_know_comes_back_as_it_was() {
        var request = request("{\"BlkioWeight\":5,\"Dns\":[\"1.1.1.1\"]}");
        var copy = json.readValue(json.writeValueAsString(request), CreateRequest.class);
        assertEquals(request, copy);
        assertEquals(5, copy.hostConfig().others().get("BlkioWeight"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"Image\":\"\"}"})
    void an_image_is_needed(String body) {
        var request = json.readValue(body, CreateRequest.class);
        assertThrows(Failure.BadParameter.class, () -> request.toService("{}", new ArrayList<>()));
    }

    @Test
    void null_in_a_command_is_refused() {
        var request = json.readValue("{\"Image\":\"x\",\"Cmd\":[null]}", CreateRequest.class);
        assertThrows(Failure.BadParameter.class, () -> request.toService("{}", new ArrayList<>()));
    }
}
