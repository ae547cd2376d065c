/** The specification of the API, made from the controllers by springdoc: {@code /openapi} and {@code /openapi.yaml}. */
package dev.picket.api.specification;
