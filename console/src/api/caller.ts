// Who the console is signed in as, and what they may: buttons that would be refused are not offered.
import { createContext, useContext } from "react";

import type { Caller } from "./types";

export const CallerContext = createContext<Caller | undefined>(undefined);
export const useCaller = (): Caller | undefined => useContext(CallerContext);
// Until it is known, yes: the server decides in any case.
export const useMayEdit = (): boolean => useContext(CallerContext)?.role !== "viewer";
