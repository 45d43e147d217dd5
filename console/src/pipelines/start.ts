import { call, type ApiError } from "../api/client";
import type { Pipeline } from "../api/types";
import { useAction } from "../lib/load";
import { toast } from "../ui/toasts";

export function useStart(pipeline: Pipeline | undefined, refresh: () => void): { busy: boolean; error: ApiError | undefined; run: () => void } {
  const { busy, error, run } = useAction();
  const start = () =>
    void run(async () => {
      if (!pipeline) return;
      await call(`/pipelines/${pipeline.id}`, { method: "PATCH", body: { stop: "none" } });
      toast(`${pipeline.name} is being started`);
      refresh();
    });
  return { busy, error, run: start };
}
