/** Query parameters as Docker reads them: flags, numbers, times, filters. No locks. */
package dev.picket.api.parameter;
