package dev.picket.api;

import tools.jackson.databind.json.JsonMapper;

/** Lets tests of other packages read and write JSON as the API does. */
public final class ApiConfigurationAccess {
    private ApiConfigurationAccess() {}

    public static JsonMapper jsonMapper() {
        return new ApiConfiguration().jsonMapper();
    }
}
